// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_CHAINS_HOP_ORDER_H_
#define CAIRN_DETECTOR_CORRELATOR_CHAINS_HOP_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "detector/findings/event.h"

namespace cairn::chains {

// Puts a chain's connections in order: what feeds a connection stands before it, and each branch is
// listed to its end before the next begins.  `arrows` are pairs of uids, upstream first.  Arrows
// that would close a circle of connections (two pairs that contradict each other) are ignored from
// the one that closes it on. Deterministic; cost O(connections * arrows).
std::vector<ChainUpdate::Hop> OrderHops(std::span<const ConnectionSummary> connections,
                                        std::span<const std::pair<uint64_t, uint64_t>> arrows);

// Does the path that leads to hops[last] come back to a host it has passed?  O(its length).
bool ComesBack(std::span<const ChainUpdate::Hop> hops, size_t last);
// Does some path along the hops?
bool HasLoop(std::span<const ChainUpdate::Hop> hops);

}  // namespace cairn::chains

#endif  // CAIRN_DETECTOR_CORRELATOR_CHAINS_HOP_ORDER_H_
