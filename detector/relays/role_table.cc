// SPDX-License-Identifier: BSD-3-Clause
#include "detector/relays/role_table.h"

namespace cairn::relays {
namespace {

constexpr PacketDelta kRemembered = PacketDelta::FromSeconds(60);

}  // namespace

bool RoleTable::Add(const IpAddress& host, Role role) {
  auto found = hosts_.find(host);
  if (found == hosts_.end()) {
    if (hosts_.size() >= max_hosts_) {
      ++left_out_;
      return false;
    }
    found = hosts_.emplace(host, Host()).first;
  }
  ++found->second.held[static_cast<size_t>(role)];
  return true;
}

void RoleTable::Remove(const IpAddress& host, Role role, PacketTime now) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  uint32_t& held = found->second.held[static_cast<size_t>(role)];
  if (held > 0) --held;
  found->second.ended[static_cast<size_t>(role)] = now;
}

uint32_t RoleTable::Recent(const Host& host, Role role, PacketTime now) const {
  const auto r = static_cast<size_t>(role);
  if (host.held[r] > 0) return host.held[r];
  return host.ended[r].IsSet() && now - host.ended[r] <= kRemembered ? 1 : 0;
}

bool RoleTable::HasBothRoles(const IpAddress& host, PacketTime now) const {
  const auto found = hosts_.find(host);
  return found != hosts_.end() && Recent(found->second, Role::kAccepted, now) > 0 &&
         Recent(found->second, Role::kOpened, now) > 0;
}

bool RoleTable::HasTwo(const IpAddress& host, PacketTime now) const {
  const auto found = hosts_.find(host);
  return found != hosts_.end() &&
         Recent(found->second, Role::kAccepted, now) + Recent(found->second, Role::kOpened, now) >=
             2;
}

void RoleTable::Sweep(PacketTime now) {
  absl::erase_if(hosts_, [&](const auto& entry) {
    return Recent(entry.second, Role::kAccepted, now) == 0 &&
           Recent(entry.second, Role::kOpened, now) == 0;
  });
}

}  // namespace cairn::relays
