// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_FLOW_LIST_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_FLOW_LIST_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "detector/correlator/relays/role_table.h"
#include "detector/findings/event.h"
#include "detector/stream/relay_options.h"

namespace cairn::relays {

// The busiest connections of one host of late, so that a finding can name the flows behind it.
//
// Thread-compatible.  Cost: O(kPlaces); Contributions() O(kPlaces^2 K).  Memory: about 3 kB.
class FlowList {
 public:
  static constexpr size_t kPlaces = 32;

  struct Entry {
    ConnectionSummary connection;
    Role role = Role::kAccepted;
    uint32_t stretches = 0;  // in which it was active, of late
  };

  // The connection was active in another ActivityClock::Stretch().  Where the list is full,
  // it takes the place of the least active.
  void Add(const ConnectionSummary& connection, Role role);
  // Halves all counts, so that flows that are busy now replace those that were busy before.
  void Age();

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

// The signs by which inputs on `a` (an entry of the list) are multiplied with outputs on `b` in
// each of K sums: 1, -1, or 0 where they do not meet.
using PairSigns = std::function<void(const FlowList::Entry& a, const FlowList::Entry& b,
                                     std::span<int8_t> signs)>;

// The pairs of listed connections that a host's sums (one for each of K) are made of, the strongest
// first, at most kMostContributions.  A sum is a total over pairs, each with its sign; so what a
// pair has put in is the mean of the sums times its signs (as a count sketch is read).
inline constexpr size_t kMostContributions = 3;
std::vector<RelayFlows> Contributions(const FlowList& list, std::span<const float> sums,
                                      const PairSigns& signs_of);

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_FLOW_LIST_H_
