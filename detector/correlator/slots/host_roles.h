// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SLOTS_HOST_ROLES_H_
#define CAIRN_DETECTOR_CORRELATOR_SLOTS_HOST_ROLES_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"

namespace cairn::slots {

// Which hosts hold connections that they accepted and others that they opened, as a stepping stone
// does and few others do: servers accept, clients open.
//
// Thread-compatible.  Every call O(1).  Memory: about 40 bytes for each host that holds a
// connection, so bounded by the connection table.
class HostRoles {
 public:
  // A connection that `client` opened and `server` accepted has come, or gone.
  void Add(const IpAddress& client, const IpAddress& server);
  // Requires: it had come.
  void Remove(const IpAddress& client, const IpAddress& server);

  // Meets() of this host will be asked soon.
  void Prefetch(const IpAddress& host) const { held_.prefetch(host); }
  // Does such a connection meet one of the other kind, at either end?
  bool Meets(const IpAddress& client, const IpAddress& server) const;

 private:
  struct Held {
    uint32_t accepted = 0;
    uint32_t opened = 0;
  };

  absl::flat_hash_map<IpAddress, Held> held_;  // never walked
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_CORRELATOR_SLOTS_HOST_ROLES_H_
