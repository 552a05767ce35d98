// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/alert_search.h"

#include <algorithm>

namespace cairn::surveys {

void AlertSearch::Add(const SessionRecord& session) {
  for (const std::string& id : session.alerts) {
    if (!id.starts_with(begin_)) continue;
    auto found = found_.find(id);
    if (found == found_.end()) {
      if (found_.size() >= kMostIds) {
        ++more_;
        continue;
      }
      found = found_.emplace(id, AlertSessions(id)).first;
    }
    found->second.Add(session);
  }
  if (begin_.starts_with(kChainMark)) JoinChains(session);
}

void AlertSearch::JoinChains(const SessionRecord& session) {
  const std::string* first = nullptr;
  for (const std::string& id : session.alerts) {
    if (!id.starts_with(kChainMark)) continue;
    if (first == nullptr) {
      first = &id;
    } else if (joined_.contains(id) || joined_.size() < kMostIds) {
      joined_[id].insert(*first);
      joined_[*first].insert(id);
    }
  }
}

std::vector<std::string> AlertSearch::NamesOf(const std::string& chain) const {
  std::set<std::string> names = {chain};
  std::vector<std::string> open = {chain};
  while (!open.empty()) {
    const auto others = joined_.find(open.back());
    open.pop_back();
    if (others == joined_.end()) continue;
    for (const std::string& other : others->second) {
      if (names.insert(other).second) open.push_back(other);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace cairn::surveys
