// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_PUBLISHED_SUMS_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_PUBLISHED_SUMS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "detector/correlator/relays/flow_activity.h"
#include "detector/correlator/relays/signs.h"
#include "detector/stream/relay_options.h"

namespace cairn::relays {

// A decision after Options::terms terms.
struct PublishedDecision {
  double nats = 0;  // e to the minus this is its chance, were all terms independent
  double psi = 0;   // mean square of the sums over the number of terms; 1 by chance
};

// A host's sums as published (Coskun & Memon 2007, section 2.2, Calculate_S), for comparison: in
// each slot the signs of the flows that came in, added, times the signs of those that went out,
// added; one random sign for each flow, another for the two flows of a connection; after A products
// of an incoming and an outgoing flow, decide and begin anew.  Products of a connection's own two
// flows are left out, or every server would be a relay; the printed part of the paper does not say
// what it does with them.
//
// Thread-compatible.  Cost: O(K) for an activity and for a slot that is not empty.  Memory: 18
// bytes times K, and 20 for each connection that is active in a slot.
class PublishedSums {
 public:
  explicit PublishedSums(const Options& options);

  // `signs`: of the connection's incoming and outgoing flow, a word for each 64 sums.  A value when
  // the slots before this activity completed the terms.  Requires: times do not decrease.
  std::optional<PublishedDecision> Add(const FlowActivity& activity, bool incoming,
                                       std::span<const uint64_t> signs_in,
                                       std::span<const uint64_t> signs_out);

  // The sums behind the last decision, one for each of K.
  const std::vector<float>& decided() const { return decided_; }

 private:
  std::optional<PublishedDecision> EndSlot();

  const PacketDelta slot_length_;
  const uint64_t terms_;
  int64_t slot_ = 0;
  uint64_t incoming_ = 0;  // flows in the slot
  uint64_t outgoing_ = 0;
  uint64_t own_ = 0;                                // connections with both
  absl::flat_hash_map<uint64_t, uint8_t> counted_;  // by uid: kIncoming, kOutgoing or both
  uint64_t collected_ = 0;
  std::vector<Lanes16> in_;  // together one for each of K
  std::vector<Lanes16> out_;
  std::vector<Lanes16> own_products_;
  std::vector<int64_t> sums_;
  std::vector<float> decided_;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_PUBLISHED_SUMS_H_
