// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_WRITING_FRAME_H_
#define CAIRN_TRACES_WRITING_FRAME_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "capture/segment.h"

namespace cairn::traces {

// The headers of one packet on the wire.
struct FrameHeaders {
  static constexpr size_t kCapacity = 14 + 40 + 40;
  std::array<uint8_t, kCapacity> bytes{};
  uint32_t size = 0;
};

// Ethernet, IPv4 or IPv6, and TCP headers for a segment whose payload is zeros; checksums are
// right.  A SYN carries the MSS option, other segments the time-stamp option. Requires: both
// addresses are of one family.
FrameHeaders MakeHeaders(const Segment& segment);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_WRITING_FRAME_H_
