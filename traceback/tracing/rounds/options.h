// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ROUNDS_OPTIONS_H_
#define CAIRN_TRACEBACK_TRACING_ROUNDS_OPTIONS_H_

#include <cstdint>

#include "base/time.h"

namespace cairn::tracing {

struct RoundLimits {
  uint32_t max_hops = 64;                                  // of a trace
  PacketDelta deadline = PacketDelta::FromSeconds(10);     // of a trace that begins here
  PacketDelta peer_timeout = PacketDelta::FromSeconds(3);  // without a word of a peer that is asked
  uint32_t max_rounds = 256;                               // at once; of one peer a quarter of them
  uint32_t max_rounds_per_peer_minute = 120;
  uint32_t max_rounds_per_asker_minute = 30;             // of who may only ask
  uint32_t max_remembered = 4096;                        // traces that have been seen
  PacketDelta remember = PacketDelta::FromSeconds(120);  // for so long
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ROUNDS_OPTIONS_H_
