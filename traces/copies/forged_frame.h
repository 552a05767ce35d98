// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_COPIES_FORGED_FRAME_H_
#define CAIRN_TRACES_COPIES_FORGED_FRAME_H_

#include <cstdint>
#include <vector>

#include "traces/chance/random.h"
#include "traces/copies/attack.h"
#include "traces/copies/known_flow.h"

namespace cairn::traces {

// What a forged packet shows beside its segment.
struct Disguise {
  Ignored reason = Ignored::kChecksum;
  Knowledge knowledge = Knowledge::kReads;
  uint8_t hop_limit = 1;  // of packets that die on their way
};

// Appends a whole frame: the flow's link and IP headers, hop limit and time stamps as its newest
// packet has them, unless `disguise` says not; random payload; right lengths and checksums, but
// TCP's where that is the reason to ignore it.  Returns the bytes of its headers.
//
// Requires: flow.seen.
uint32_t AppendForgedFrame(const KnownFlow& flow, const ForgedSegment& segment,
                           const Disguise& disguise, RandomStream& random,
                           std::vector<uint8_t>& out);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_COPIES_FORGED_FRAME_H_
