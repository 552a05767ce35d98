// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/flow_list.h"

#include <algorithm>
#include <cmath>

namespace cairn::relays {

void FlowList::Add(const ConnectionSummary& connection, Role role) {
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.connection.uid == connection.uid && entry.role == role;
  });
  if (known != entries_.end()) {
    ++known->stretches;
    return;
  }
  const Entry entry{.connection = connection, .role = role, .stretches = 1};
  if (entries_.size() < kPlaces) {
    if (entries_.empty()) entries_.reserve(kPlaces);
    entries_.push_back(entry);
    return;
  }
  // Of the same role where that fills half of the list: a busy server's clients must not push out
  // the one connection that it opened itself.
  const auto of_role = [&](Role r) {
    return std::count_if(entries_.begin(), entries_.end(),
                         [&](const Entry& e) { return e.role == r; });
  };
  const Role other = role == Role::kAccepted ? Role::kOpened : Role::kAccepted;
  const Role leaving = static_cast<size_t>(of_role(role)) >= kPlaces / 2 ? role : other;
  auto least = entries_.end();
  for (auto entry_at = entries_.begin(); entry_at != entries_.end(); ++entry_at) {
    if (entry_at->role != leaving) continue;
    if (least == entries_.end() || entry_at->stretches < least->stretches) least = entry_at;
  }
  *least = entry;
}

void FlowList::Age() {
  for (Entry& entry : entries_) entry.stretches /= 2;
}

std::vector<RelayFlows> Contributions(const FlowList& list, std::span<const float> sums,
                                      const PairSigns& signs_of) {
  double squares = 0;
  for (const float sum : sums) squares += static_cast<double>(sum) * sum;
  std::vector<RelayFlows> flows;
  if (!(squares > 0)) return flows;
  std::vector<int8_t> signs(sums.size());
  const std::vector<FlowList::Entry>& entries = list.entries();
  for (size_t i = 0; i < entries.size(); ++i) {
    for (size_t j = i + 1; j < entries.size(); ++j) {
      // A connection that changed its role is listed under both.
      if (entries[i].connection.uid == entries[j].connection.uid) continue;
      const bool in_order = entries[i].role == Role::kAccepted;
      const FlowList::Entry& upstream = entries[in_order ? i : j];
      const FlowList::Entry& downstream = entries[in_order ? j : i];
      signs_of(upstream, downstream, signs);
      double total = 0;
      unsigned met = 0;
      for (size_t k = 0; k < sums.size(); ++k) {
        total += signs[k] * static_cast<double>(sums[k]);
        if (signs[k] != 0) ++met;
      }
      if (met == 0) continue;
      const double put_in = total / met;
      const double share = std::min(1.0, put_in * put_in * met / squares);
      // By chance a pair's share is one of K; what goes apart is no relay.
      if (put_in <= 0 || share * met < 9) continue;
      flows.push_back(
          {.upstream = upstream.connection, .downstream = downstream.connection, .share = share});
    }
  }
  std::stable_sort(flows.begin(), flows.end(),
                   [](const RelayFlows& a, const RelayFlows& b) { return a.share > b.share; });
  if (flows.size() > kMostContributions) flows.resize(kMostContributions);
  return flows;
}

}  // namespace cairn::relays
