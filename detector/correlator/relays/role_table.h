// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_ROLE_TABLE_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_ROLE_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "base/time.h"
#include "detector/stream/relay_options.h"

namespace cairn::relays {

// What a host is to a connection.
enum class Role : uint8_t { kAccepted, kOpened };

// Which hosts may relay at all: those that hold, for a while, connections that they accepted and
// others that they opened.  Servers do the one, clients the other, and few hosts do both.  With
// Pairing::kAny: those that hold two connections.
//
// A relay of short connections holds one of each kind at most times, hence a few seconds' patience;
// and nothing can be known of a host within its first seconds, hence the while.
//
// Thread-compatible.  Every call O(1), Sweep() linear.  Memory: about 80 bytes a host, for at most
// `max_hosts`; further hosts are left out, and counted, until Sweep() has made room.
class RoleTable {
 public:
  RoleTable(Pairing pairing, size_t max_hosts) : pairing_(pairing), max_hosts_(max_hosts) {}

  // A connection that carries data has come, or gone.  Add() is false when there was no room; then
  // Remove() must not follow.
  bool Add(const IpAddress& host, Role role, PacketTime now);
  void Remove(const IpAddress& host, Role role, PacketTime now);

  // Has it been so for a while?
  bool IsRipe(const IpAddress& host, PacketTime now) const;

  // Forgets hosts without connections.
  void Sweep(PacketTime now);

  size_t size() const { return hosts_.size(); }
  uint64_t left_out() const { return left_out_; }

 private:
  struct Host {
    std::array<uint32_t, 2> held{};  // by Role
    std::array<PacketTime, 2> ended = {PacketTime::InfinitePast(), PacketTime::InfinitePast()};
    PacketTime since = PacketTime::InfinitePast();  // it qualifies; unset: it does not
  };
  static uint32_t Recent(const Host& host, Role role, PacketTime now);
  bool Qualifies(const Host& host, PacketTime now) const;

  const Pairing pairing_;
  const size_t max_hosts_;
  absl::flat_hash_map<IpAddress, Host> hosts_;  // walked only to forget
  uint64_t left_out_ = 0;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_ROLE_TABLE_H_
