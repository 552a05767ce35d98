// SPDX-License-Identifier: BSD-3-Clause
// The part of the slot correlator that outlives a run.
#include <algorithm>
#include <vector>

#include "detector/correlator/slots/slot_correlator.h"

namespace cairn::slots {

void SlotCorrelator::Save(checkpoint::Writer& out) const {
  checkpoint::Connections told;
  AddConnections(told);
  std::vector<uint64_t> uids(told.begin(), told.end());
  std::sort(uids.begin(), uids.end());
  out(first_.IsSet() ? timing::WatchedBefore{.first = first_, .last = latest_} : before_);
  out(spent_, strangers_, uids);
}

void SlotCorrelator::Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots) {
  constexpr double kMostSpent = 1e15;
  std::vector<uint64_t> uids;
  in(before_, spent_, strangers_, uids);
  if (!in.Check(before_.IsSound() && spent_ >= 0 && spent_ <= kMostSpent)) return;
  for (const uint64_t uid : uids) {
    if (slots.contains(uid)) told_before_.insert(uid);
  }
}

void SlotCorrelator::AddConnections(checkpoint::Connections& connections) const {
  connections.insert(told_before_.begin(), told_before_.end());
  for (uint32_t member = 0; member < members_.limit(); ++member) {
    if (members_[member].in_use && members_[member].told_constant) {
      connections.insert(members_[member].uid);
    }
  }
}

}  // namespace cairn::slots
