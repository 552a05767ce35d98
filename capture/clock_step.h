// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_CLOCK_STEP_H_
#define CAIRN_CAPTURE_CLOCK_STEP_H_

#include <cstdint>
#include <string>

#include "base/time.h"

namespace cairn::capture {

// The clock that stamped a capture's packets was set.  From `time` on, until the next step of the
// same source and interface, a packet's time is its stamp plus `offset`.
struct ClockStep {
  PacketTime time;         // of the first packet after the step, as everything downstream sees it
  PacketTime stamp;        // and as the capture has it
  PacketDelta size;        // how far the stamps jumped; negative: back
  PacketDelta offset;      // packet time minus stamp, from here on
  std::string source;      // the capture's name: a file's path, "-", an interface
  uint32_t interface = 0;  // its number in a pcapng section; otherwise 0

  bool operator==(const ClockStep&) const = default;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_CLOCK_STEP_H_
