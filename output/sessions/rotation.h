// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_ROTATION_H_
#define CAIRN_OUTPUT_SESSIONS_ROTATION_H_

#include <cstdint>

#include "base/time.h"

namespace cairn::output {

// When a file of sessions is rotated: closed, renamed, and a new one begun.
struct Rotation {
  PacketDelta interval;    // of packet time; 0: not by time
  uint64_t max_bytes = 0;  // 0: not by size

  bool IsSet() const { return interval > PacketDelta::Zero() || max_bytes > 0; }
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_ROTATION_H_
