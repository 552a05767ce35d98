// SPDX-License-Identifier: BSD-3-Clause
#include "output/score_history.h"

#include <algorithm>
#include <iterator>

namespace cairn::output {
namespace {

bool Better(const HostScore& a, const HostScore& b) {
  if (a.nats != b.nats) return a.nats > b.nats;
  if (a.score != b.score) return a.score > b.score;
  return a.time < b.time;
}

}  // namespace

bool ScoreHistory::Rank::operator<(const Rank& other) const {
  if (nats != other.nats) return nats > other.nats;
  if (score != other.score) return score > other.score;
  return host < other.host;
}

ScoreHistory::Rank ScoreHistory::RankOf(const HostScore& best) {
  return {.nats = best.nats, .score = best.score, .host = best.host};
}

bool ScoreHistory::MakeRoomFor(const HostScore& score) {
  if (hosts_.size() < bounds_.max_hosts) return true;
  const auto least = std::prev(ranks_.end());
  if (!(RankOf(score) < *least)) return false;
  const auto gone = hosts_.find(least->host);
  scores_of_least_ += gone->second.scores.size();
  hosts_.erase(gone);
  ranks_.erase(least);
  return true;
}

void ScoreHistory::Insert(HostHistory& history, const HostScore& score) {
  std::vector<HostScore>& scores = history.scores;
  const auto place =
      std::lower_bound(scores.begin(), scores.end(), score,
                       [](const HostScore& a, const HostScore& b) { return a.time < b.time; });
  if (place != scores.end() && place->time == score.time) {
    if (Better(score, *place)) *place = score;
    return;
  }
  if (scores.size() < bounds_.max_scores) {
    scores.insert(place, score);
    return;
  }
  ++oldest_scores_;
  if (place == scores.begin()) return;
  std::move(scores.begin() + 1, place, scores.begin());
  *std::prev(place) = score;
}

void ScoreHistory::Add(const HostScore& score) {
  if (!wanted_.empty() && !wanted_.contains(score.host)) return;
  auto found = hosts_.find(score.host);
  if (found == hosts_.end()) {
    if (!MakeRoomFor(score)) {
      ++scores_of_least_;
      return;
    }
    found = hosts_.emplace(score.host, HostHistory{.best = score, .scores = {}}).first;
    ranks_.insert(RankOf(score));
  } else if (Better(score, found->second.best)) {
    ranks_.erase(RankOf(found->second.best));
    ranks_.insert(RankOf(score));
    found->second.best = score;
  }
  found->second.reported = found->second.reported || score.reported;
  Insert(found->second, score);
}

std::vector<const HostHistory*> ScoreHistory::Ranked() const {
  std::vector<const HostHistory*> ranked;
  ranked.reserve(ranks_.size());
  for (const Rank& rank : ranks_) ranked.push_back(&hosts_.find(rank.host)->second);
  return ranked;
}

}  // namespace cairn::output
