// SPDX-License-Identifier: BSD-3-Clause
// The part of the screen that outlives a run.
#include <algorithm>
#include <utility>

#include "detector/correlator/relays/relay_screen.h"

namespace cairn::relays {

void RelayScreen::Save(checkpoint::Writer& out) const {
  std::vector<std::pair<IpAddress, PacketTime>> told(reported_before_.begin(),
                                                     reported_before_.end());
  for (uint32_t number = 0; number < hosts_.end(); ++number) {
    if (!hosts_.IsHeld(number) || !hosts_[number].reported.IsSet()) continue;
    told.emplace_back(hosts_[number].address, hosts_[number].reported);
  }
  std::sort(told.begin(), told.end(), [](const auto& a, const auto& b) {
    return a.second > b.second || (a.second == b.second && a.first < b.first);
  });
  // What is older than a day no longer matters, and time to come is not known: the latest stay.
  told.resize(std::min<size_t>(told.size(), options_.max_hosts));
  out(told);
}

void RelayScreen::Restore(checkpoint::Reader& in) {
  std::vector<std::pair<IpAddress, PacketTime>> told;
  in(told);
  if (told.size() > options_.max_hosts) told.resize(options_.max_hosts);
  reported_before_.insert(told.begin(), told.end());
}

}  // namespace cairn::relays
