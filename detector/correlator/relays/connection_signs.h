// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_CONNECTION_SIGNS_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_CONNECTION_SIGNS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "detector/correlator/relays/role_table.h"
#include "detector/findings/event.h"
#include "detector/stream/relay_options.h"

namespace cairn::relays {

// The host at the far end of a connection, seen from the end that has `role`.
const IpAddress& PeerOf(const ConnectionSummary& connection, Role role);

// A connection's random signs in the sums of a host, in words of 64.  Thread-compatible.  Cost:
// O(K / 64).
class ConnectionSigns {
 public:
  explicit ConnectionSigns(const Options& options);

  // Of the connection `uid`, at a host that is `role` to it; `peer`: HostNumber() of its far end.
  void Set(uint64_t uid, Role role, uint64_t peer);

  // Method::kAdaptive: its sign, and in which sums it is of the second side.
  std::span<const uint64_t> sign() const { return first_; }
  std::span<const uint64_t> side() const { return second_; }
  // Method::kPublished: the signs of the flow to the host, and of the flow from it.
  std::span<const uint64_t> incoming() const { return first_; }
  std::span<const uint64_t> outgoing() const { return second_; }

  // By what `a`, where it comes in, and `b`, where it goes out, are multiplied in each of K sums:
  // 1, -1, or 0 where they do not meet.
  static void Product(const Options& options, const ConnectionSigns& a, const ConnectionSigns& b,
                      std::span<int8_t> product);

 private:
  const Method method_;
  const Pairing pairing_;
  std::vector<uint64_t> first_;
  std::vector<uint64_t> second_;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_CONNECTION_SIGNS_H_
