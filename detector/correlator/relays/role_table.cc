// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/role_table.h"

namespace cairn::relays {
namespace {

// So long a host may do without one of the two kinds.
constexpr PacketDelta kPatience = PacketDelta::FromSeconds(5);
// So long it must qualify.
constexpr PacketDelta kWhile = PacketDelta::FromSeconds(20);

}  // namespace

bool RoleTable::Add(const IpAddress& host, Role role, PacketTime now) {
  auto found = hosts_.find(host);
  if (found == hosts_.end()) {
    if (hosts_.size() >= max_hosts_) {
      ++left_out_;
      return false;
    }
    found = hosts_.emplace(host, Host()).first;
  }
  Host& known = found->second;
  if (!Qualifies(known, now)) known.since = PacketTime::InfinitePast();
  ++known.held[static_cast<size_t>(role)];
  if (!known.since.IsSet() && Qualifies(known, now)) known.since = now;
  return true;
}

void RoleTable::Remove(const IpAddress& host, Role role, PacketTime now) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  uint32_t& held = found->second.held[static_cast<size_t>(role)];
  if (held > 0) --held;
  found->second.ended[static_cast<size_t>(role)] = now;
}

uint32_t RoleTable::Recent(const Host& host, Role role, PacketTime now) {
  const auto r = static_cast<size_t>(role);
  if (host.held[r] > 0) return host.held[r];
  return host.ended[r].IsSet() && now - host.ended[r] <= kPatience ? 1 : 0;
}

bool RoleTable::Qualifies(const Host& host, PacketTime now) const {
  const uint32_t accepted = Recent(host, Role::kAccepted, now);
  const uint32_t opened = Recent(host, Role::kOpened, now);
  if (pairing_ == Pairing::kAny) return accepted + opened >= 2;
  return accepted > 0 && opened > 0;
}

bool RoleTable::IsRipe(const IpAddress& host, PacketTime now) const {
  const auto found = hosts_.find(host);
  return found != hosts_.end() && found->second.since.IsSet() && Qualifies(found->second, now) &&
         now - found->second.since >= kWhile;
}

void RoleTable::Sweep(PacketTime now) {
  absl::erase_if(hosts_, [&](const auto& entry) {
    return Recent(entry.second, Role::kAccepted, now) == 0 &&
           Recent(entry.second, Role::kOpened, now) == 0;
  });
}

}  // namespace cairn::relays
