// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/host_roles.h"

namespace cairn::slots {

void HostRoles::Add(const IpAddress& client, const IpAddress& server) {
  ++held_[client].opened;
  ++held_[server].accepted;
}

void HostRoles::Remove(const IpAddress& client, const IpAddress& server) {
  const auto drop = [this](const IpAddress& host, uint32_t Held::*role) {
    const auto found = held_.find(host);
    if (found == held_.end() || found->second.*role == 0) return;
    --(found->second.*role);
    if (found->second.accepted == 0 && found->second.opened == 0) held_.erase(found);
  };
  drop(client, &Held::opened);
  drop(server, &Held::accepted);
}

bool HostRoles::Meets(const IpAddress& client, const IpAddress& server) const {
  const auto at_client = held_.find(client);
  if (at_client != held_.end() && at_client->second.accepted > 0) return true;
  const auto at_server = held_.find(server);
  return at_server != held_.end() && at_server->second.opened > 0;
}

}  // namespace cairn::slots
