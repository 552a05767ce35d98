// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_RELAYS_ROLE_TABLE_H_
#define CAIRN_DETECTOR_RELAYS_ROLE_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"

#include "capture/address.h"
#include "capture/time.h"

namespace cairn::relays {

// What a host is to a connection.
enum class Role : uint8_t { kAccepted, kOpened };

// Which hosts hold, or held within the last minute, connections that they accepted and others that
// they opened: servers do the one, clients the other, and few hosts do both.  A relay of short
// connections does both in turns, hence the minute.
//
// Thread-compatible.  Every call O(1), Sweep() linear.  Memory: about 60 bytes a host, for at most
// `max_hosts`; further hosts are left out, and counted, until Sweep() has made room.
class RoleTable {
 public:
  explicit RoleTable(size_t max_hosts) : max_hosts_(max_hosts) {}

  // A connection that carries data has come, or gone.  Add() is false when there was no room; then
  // Remove() must not follow.
  bool Add(const IpAddress& host, Role role);
  void Remove(const IpAddress& host, Role role, PacketTime now);

  bool HasBothRoles(const IpAddress& host, PacketTime now) const;
  // Two connections, of whatever role?
  bool HasTwo(const IpAddress& host, PacketTime now) const;

  // Forgets hosts whose last connection is long gone.
  void Sweep(PacketTime now);

  size_t size() const { return hosts_.size(); }
  uint64_t left_out() const { return left_out_; }

 private:
  struct Host {
    std::array<uint32_t, 2> held{};  // by Role
    std::array<PacketTime, 2> ended = {PacketTime::InfinitePast(), PacketTime::InfinitePast()};
  };
  uint32_t Recent(const Host& host, Role role, PacketTime now) const;

  const size_t max_hosts_;
  absl::flat_hash_map<IpAddress, Host> hosts_;  // walked only to forget
  uint64_t left_out_ = 0;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_RELAYS_ROLE_TABLE_H_
