// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ASKER_OPTIONS_H_
#define CAIRN_TRACEBACK_TRACING_ASKER_OPTIONS_H_

#include <cstdint>
#include <string>

#include "base/address.h"
#include "base/time.h"

namespace cairn::tracing {

// How much an asker asks.
struct AskerLimits {
  uint32_t max_hops = 64;                               // of a trace
  PacketDelta deadline = PacketDelta::FromSeconds(10);  // of a trace, its wait for a turn included
  PacketDelta peer_timeout = PacketDelta::FromSeconds(3);  // until the first word of who is asked
  // Between two words of it.  Longer: an agent waits for others, each of which has its time-out.
  PacketDelta word_timeout = PacketDelta::FromSeconds(5);
  uint32_t max_concurrent = 16;       // traces at once
  uint32_t max_queued = 256;          // traces that wait or are under way
  uint32_t max_per_host_minute = 30;  // questions to one host; more wait
  uint32_t max_per_minute = 240;      // questions to all hosts
};

// With what, and whom.
struct AskerOptions {
  std::string certificate = "/etc/cairn/tracing/sensor.crt";  // PEM, with intermediates after it
  std::string key = "/etc/cairn/tracing/sensor.key";          // PEM
  std::string authorities = "/etc/cairn/tracing/ca.crt";      // PEM
  std::string revocations = "/etc/cairn/tracing/ca.crl";      // PEM or DER; need not be there
  // Without a newer list nobody is believed any more.
  PacketDelta stale_list_refusal = PacketDelta::FromSeconds(7LL * 24 * 3600);
  uint16_t port = 4113;     // of the agents, where they negotiate
  PrefixSet networks = {};  // whose hosts may be asked beside the first one
  AskerLimits limits;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ASKER_OPTIONS_H_
