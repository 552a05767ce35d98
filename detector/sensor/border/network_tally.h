// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_BORDER_NETWORK_TALLY_H_
#define CAIRN_DETECTOR_SENSOR_BORDER_NETWORK_TALLY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"

namespace cairn::border {

// A network and how many connections have an end in it: at least so many.
struct NetworkSeen {
  std::string network;  // "10.10.0.0/16"
  uint64_t connections = 0;
};

// The networks of one prefix length that most connections have an end in, in bounded memory,
// whatever addresses somebody sends (Misra & Gries 1982).  Of n connections, a network's count is
// at most n / kMost too small, so each that has a larger share is kept.
//
// Thread-compatible.  Deterministic.  Add() costs O(1) amortised.
class FrequentNetworks {
 public:
  static constexpr size_t kMost = 1024;

  void Add(const IpAddress& network);
  const absl::flat_hash_map<IpAddress, uint64_t>& counts() const { return counts_; }
  uint64_t dropped() const { return dropped_; }  // networks that made way

 private:
  absl::flat_hash_map<IpAddress, uint64_t> counts_;
  uint64_t dropped_ = 0;
};

// Which networks could be the site's own: of IPv4 by /16 and /24, of IPv6 by /48 and /64.
// Thread-compatible.
class NetworkTally {
 public:
  // A connection between these hosts.
  void Add(const IpAddress& a, const IpAddress& b);

  // The networks with the most connections, the most first: at most `most`, each with a tenth of
  // all connections at least.  The longer prefix stands for the shorter where that has no other
  // connections.
  std::vector<NetworkSeen> Top(size_t most) const;
  uint64_t connections() const { return connections_; }
  uint64_t dropped() const { return wide_.dropped() + narrow_.dropped(); }

 private:
  FrequentNetworks wide_;    // /16 and /48
  FrequentNetworks narrow_;  // /24 and /64
  uint64_t connections_ = 0;
};

}  // namespace cairn::border

#endif  // CAIRN_DETECTOR_SENSOR_BORDER_NETWORK_TALLY_H_
