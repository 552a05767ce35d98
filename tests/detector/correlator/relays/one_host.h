// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_DETECTOR_CORRELATOR_RELAYS_ONE_HOST_H_
#define CAIRN_TESTS_DETECTOR_CORRELATOR_RELAYS_ONE_HOST_H_

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detector/correlator/relays/centred_sums.h"
#include "detector/correlator/relays/role_table.h"

// What the flows of one host do, for the tests of its sums.
namespace cairn::testing {

struct HostEvent {
  PacketTime time;
  uint64_t uid = 0;
  bool incoming = false;
  relays::Role role = relays::Role::kAccepted;
};

class HostTraffic {
 public:
  HostTraffic& Send(PacketTime time, uint64_t uid, bool incoming, relays::Role role);
  // From `start` for `length`, with exponential gaps of that mean; the same for the same seed.
  HostTraffic& Random(uint64_t seed, uint64_t uid, bool incoming, relays::Role role,
                      PacketTime start, PacketDelta length, PacketDelta mean_gap);
  // At every `period`.
  HostTraffic& Clock(uint64_t uid, bool incoming, relays::Role role, PacketTime start,
                     PacketDelta length, PacketDelta period);
  // What comes in on `from` goes out on `to`, later.
  HostTraffic& PassOn(uint64_t from, uint64_t to, PacketDelta delay);

  // In time order.
  std::vector<HostEvent> Sorted() const;
  // Each connection leads to a host of its own, but every fourth to the same as the one before.
  static IpAddress PeerOf(uint64_t uid);

  // Sums up all of it and what follows until `end`.
  void PlayTo(relays::CentredSums& sums, PacketTime end) const;

 private:
  std::vector<HostEvent> events_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_DETECTOR_CORRELATOR_RELAYS_ONE_HOST_H_
