// SPDX-License-Identifier: BSD-3-Clause
// The part of the reporter that outlives a run.
#include <algorithm>
#include <utility>
#include <vector>

#include "detector/correlator/reporter.h"

namespace cairn {

void Reporter::Save(checkpoint::Writer& out) const {
  std::vector<std::pair<std::string, Told>> told(told_.begin(), told_.end());
  std::sort(told.begin(), told.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> relays(message_relays_.begin(), message_relays_.end());
  std::sort(relays.begin(), relays.end());
  out(told, relays, suppressed_, marked_, by_expired_rule_, hour_, insertions_this_hour_);
  policy_.Save(out);
  chains_.Save(out);
}

void Reporter::Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots) {
  std::vector<std::pair<std::string, Told>> told;
  std::vector<std::string> relays;
  in(told, relays, suppressed_, marked_, by_expired_rule_, hour_, insertions_this_hour_);
  policy_.Restore(in);
  for (auto& [id, said] : told) {
    policy_.FindCounted(said.verdict);
    told_.emplace(std::move(id), std::move(said));
  }
  message_relays_.insert(relays.begin(), relays.end());
  chains_.Restore(in, slots);
}

}  // namespace cairn
