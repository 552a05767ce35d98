// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_CHAIN_HOPS_H_
#define CAIRN_OUTPUT_CHAIN_HOPS_H_

#include <vector>

#include "detector/findings/event.h"

namespace cairn::output {

// A chain as its updates tell it, put together (docs/alerts.md has the rule).  Thread-compatible.
// O(new hops) an update, but linear in the chain's for a complete one.  Memory: a summary a hop.
class ChainHops {
 public:
  // Requires: all updates of one chain, in their order.
  void Take(const ChainUpdate& update) {
    if (update.complete) hops_.clear();
    hops_.insert(hops_.end(), update.hops.begin(), update.hops.end());
    is_exact_ = !update.deferred && hops_.size() == update.hop_count;
  }

  const std::vector<ChainUpdate::Hop>& hops() const { return hops_; }
  // Is that the chain as it was at the last update?  Otherwise a complete one follows some time.
  bool is_exact() const { return is_exact_; }

 private:
  std::vector<ChainUpdate::Hop> hops_;
  bool is_exact_ = false;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_CHAIN_HOPS_H_
