// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SCORE_HISTORY_H_
#define CAIRN_OUTPUT_SCORE_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "base/address.h"
#include "detector/findings/event.h"

namespace cairn::output {

// What is known of one host.
struct HostHistory {
  HostScore best;                 // most nats, then highest score, then earliest
  bool reported = false;          // by any of its scores
  std::vector<HostScore> scores;  // by time, one a moment; the newest when there were too many
};

// The scores of many hosts, in memory: which hosts are strongest, with their history.  The order in
// which scores are added does not matter as long as nothing is evicted.
//
// Thread-compatible.  Add: logarithmic in the hosts for a new best, linear in the host's scores for
// one that comes out of order.  Memory: 80 bytes a score; with the default bounds at most 170 MB.
class ScoreHistory {
 public:
  struct Bounds {
    size_t max_hosts = 1000;
    size_t max_scores = 2016;  // of each host: a week of one every five minutes
  };

  ScoreHistory() : ScoreHistory(Bounds{}) {}
  // Requires: neither bound is 0.
  explicit ScoreHistory(const Bounds& bounds) : bounds_(bounds) {}

  // From now on scores of other hosts are passed over.  Any number of calls.
  void KeepOnly(const IpAddress& host) { wanted_.insert(host); }
  // Two scores of one host and moment are one: that with more nats.
  void Add(const HostScore& score);

  // By the best score: most nats first, then highest score, then lowest address.
  std::vector<const HostHistory*> Ranked() const;
  size_t size() const { return hosts_.size(); }

  // What gave way to the bounds: scores of the hosts that showed least, and the oldest scores.
  uint64_t scores_of_least() const { return scores_of_least_; }
  uint64_t oldest_scores() const { return oldest_scores_; }

 private:
  // Orders hosts by their best scores, the most promising first.
  struct Rank {
    double nats = 0;
    double score = 0;
    IpAddress host;
    bool operator<(const Rank& other) const;
  };
  static Rank RankOf(const HostScore& best);
  // False: there is no room for a host that shows no more than this.
  bool MakeRoomFor(const HostScore& score);
  void Insert(HostHistory& history, const HostScore& score);

  const Bounds bounds_;
  absl::flat_hash_set<IpAddress> wanted_;  // empty: all
  absl::flat_hash_map<IpAddress, HostHistory> hosts_;
  std::set<Rank> ranks_;
  uint64_t scores_of_least_ = 0;
  uint64_t oldest_scores_ = 0;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SCORE_HISTORY_H_
