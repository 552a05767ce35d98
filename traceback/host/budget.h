// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_BUDGET_H_
#define CAIRN_TRACEBACK_HOST_BUDGET_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "traceback/host/snapshot.h"

namespace cairn::host {

// How many processes of each relation a walk may still take.  No relation gets more than its share:
// holders of the connection a quarter of all, each other kind a half.  And a sixteenth of all is
// kept for each kind, so that crowds of several kinds together keep no other kind out.  Constant
// time.
class Budget {
 public:
  explicit Budget(uint32_t all) : left_(all), unused_(all / kPartKept * kKinds) {
    kept_.fill(all / kPartKept);
    shares_.fill(std::max<uint32_t>(all / 2, 1));
    shares_[Index(Relation::kOwner)] = std::max<uint32_t>(all / 4, 1);
  }

  bool Has(Relation relation) const {
    return shares_[Index(relation)] > 0 && left_ > (kept_[Index(relation)] > 0 ? 0 : unused_);
  }
  // Whether there was room for one more.
  bool Take(Relation relation) {
    if (!Has(relation)) return false;
    --left_;
    --shares_[Index(relation)];
    if (kept_[Index(relation)] > 0) {
      --kept_[Index(relation)];
      --unused_;
    }
    return true;
  }
  // What Take() took.
  void Return(Relation relation) {
    ++left_;
    ++shares_[Index(relation)];
  }

 private:
  static constexpr size_t kKinds = static_cast<size_t>(Relation::kTerminal) + 1;
  static constexpr uint32_t kPartKept = 16;

  static size_t Index(Relation relation) { return static_cast<size_t>(relation); }

  uint32_t left_;
  uint32_t unused_;                      // of what is kept, all kinds together
  std::array<uint32_t, kKinds> kept_{};  // for each kind alone
  std::array<uint32_t, kKinds> shares_{};
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_BUDGET_H_
