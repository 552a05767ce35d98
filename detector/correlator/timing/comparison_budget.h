// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_COMPARISON_BUDGET_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_COMPARISON_BUDGET_H_

#include <algorithm>
#include <cstdint>

#include "base/address.h"
#include "base/time.h"

namespace cairn::timing {

// Says whose indirect pairs are looked for when there is not time for all.
class Priority {
 public:
  virtual ~Priority() = default;
  virtual bool GoesFirst(const IpAddress& host) const = 0;
};

// So many comparisons in a second of packet time, and what was saved of the second before: a bucket
// that fills at a steady rate.  Thread-compatible.  O(1).
class ComparisonBudget {
 public:
  // Requires: 1 <= per_second <= 1e9.
  explicit ComparisonBudget(uint32_t per_second)
      : cost_(PacketDelta::FromNanoseconds(1'000'000'000 / static_cast<int64_t>(per_second))) {}

  // Is nothing left?  Requires: times do not decrease.
  bool IsSpent(PacketTime now) {
    spent_until_ = std::max(spent_until_, now - kSaved);
    if (spent_until_ < now) return false;
    last_spent_ = now;
    return true;
  }
  void Spend(uint64_t comparisons) {
    spent_until_ = spent_until_ + cost_ * static_cast<int64_t>(comparisons);
  }
  // Was there nothing left, some time in the last ten minutes?
  bool IsShort(PacketTime now) const {
    return last_spent_.IsSet() && now - last_spent_ < PacketDelta::FromSeconds(600);
  }

 private:
  static constexpr PacketDelta kSaved = PacketDelta::FromSeconds(1);

  const PacketDelta cost_;
  PacketTime spent_until_ = PacketTime::InfinitePast();
  PacketTime last_spent_ = PacketTime::InfinitePast();
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_COMPARISON_BUDGET_H_
