// SPDX-License-Identifier: BSD-3-Clause
#include "traces/scoring/score.h"

#include <algorithm>
#include <set>

#include "fmt/format.h"

namespace cairn::traces {
namespace {

// Hosts on whose terminals the same messages appeared at the same moments.
std::set<std::string> WallHosts(const Truth& truth) {
  std::set<std::string> hosts(truth.wall_hosts.begin(), truth.wall_hosts.end());
  if (!hosts.empty()) return hosts;
  for (const TruthSession& session : truth.sessions) {
    if (session.scenario == "bg_wall" && session.sub == "idle" && !session.legs.empty()) {
      hosts.insert(session.legs.front().to);
    }
  }
  return hosts;
}

// A session heard the broadcasts when it ends at, or passes through, a broadcasting host.
std::unordered_set<uint64_t> SessionsThatHeard(const Truth& truth) {
  const std::set<std::string> hosts = WallHosts(truth);
  std::unordered_set<uint64_t> heard;
  for (const TruthSession& session : truth.sessions) {
    for (const TruthLeg& leg : session.legs) {
      if (hosts.contains(leg.to)) heard.insert(session.session);
    }
  }
  return heard;
}

// Pairs (x inbound, y outbound) with min(end) - max(start) >= 1 s.  A pair fails that only by y
// ending too early or by y starting too late, never both, so two sorted lists answer it.
uint64_t CountChances(const Truth& truth) {
  constexpr PacketDelta kSecond = PacketDelta::FromSeconds(1);
  std::vector<const TruthConnection*> inbound;
  std::vector<PacketTime> starts;  // of the outbound ones
  std::vector<PacketTime> ends;
  for (const TruthConnection& connection : truth.connections) {
    if (connection.end - connection.start < kSecond) continue;
    if (truth.inside_networks.Contains(connection.link.resp.ip)) {
      inbound.push_back(&connection);
    } else {
      starts.push_back(connection.start);
      ends.push_back(connection.end);
    }
  }
  std::sort(starts.begin(), starts.end());
  std::sort(ends.begin(), ends.end());
  uint64_t chances = 0;
  for (const TruthConnection* x : inbound) {
    const auto too_early = std::lower_bound(ends.begin(), ends.end(), x->start + kSecond);
    const auto too_late = std::upper_bound(starts.begin(), starts.end(), x->end - kSecond);
    chances += static_cast<uint64_t>((too_late - starts.begin()) - (too_early - ends.begin()));
  }
  return chances;
}

std::string KindLabel(const TruthPair& pair) {
  return fmt::format("{}{} {}", pair.kind, pair.reverse ? " reverse" : "", pair.dirs);
}

std::string NameOf(const TruthConnection* connection) {
  if (connection == nullptr) return "?";
  if (connection->scenario.empty()) return "unnamed";  // a truth by hand needs no names
  return connection->role == "chain" ? "chain:" + connection->scenario : connection->scenario;
}

double Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

uint64_t Score::Count(FalseAlarmCause cause) const {
  return static_cast<uint64_t>(
      std::count_if(false_alarms.begin(), false_alarms.end(),
                    [cause](const FalseAlarm& alarm) { return alarm.cause == cause; }));
}

double Score::precision() const {
  return Share(true_positives, true_positives + false_positives());
}
double Score::recall() const { return Share(true_positives, required); }

Scorer::Scorer(const Truth& truth, PacketDelta min_work)
    : sessions_that_heard_(SessionsThatHeard(truth)), chances_(CountChances(truth)) {
  // When a truth names one pair or connection twice (a reused port), the later record holds.
  for (const TruthPair& pair : truth.pairs) {
    true_pairs_[KeyOf(pair.upstream, pair.downstream)] = &pair;
  }
  for (const auto& [key, pair] : true_pairs_) {
    if (pair->required && pair->work >= min_work) required_.emplace(key, pair);
  }
  for (const TruthBenignPair& pair : truth.benign_correlated)
    benign_[KeyOf(pair.a, pair.b)] = &pair;
  for (const TruthConnection& connection : truth.connections) {
    connections_[Unoriented(connection.link)] = &connection;
  }
}

Scorer::PairKey Scorer::KeyOf(const Link& a, const Link& b) {
  const Link first = Unoriented(a);
  const Link second = Unoriented(b);
  return second < first ? PairKey(second, first) : PairKey(first, second);
}

bool Scorer::HeardWall(const TruthConnection* connection) const {
  return connection != nullptr && sessions_that_heard_.contains(connection->session);
}

FalseAlarm Scorer::Judge(const AlertedPair& alert, const PairKey& key, Score& score) const {
  const auto find = [this](const Link& link) -> const TruthConnection* {
    const auto it = connections_.find(Unoriented(link));
    return it == connections_.end() ? nullptr : it->second;
  };
  const TruthConnection* a = find(alert.upstream);
  const TruthConnection* b = find(alert.downstream);
  if (a == nullptr || b == nullptr) ++score.unknown;
  FalseAlarm alarm{.alert = alert, .cause = FalseAlarmCause::kUnrelated, .description = {}};
  if (benign_.contains(key)) {
    alarm.cause = FalseAlarmCause::kBenignCorrelated;
  } else if (HeardWall(a) && HeardWall(b)) {
    alarm.cause = FalseAlarmCause::kBroadcast;
  }
  std::string first = NameOf(a);
  std::string second = NameOf(b);
  if (second < first) std::swap(first, second);
  alarm.description = fmt::format("{} x {}", first, second);
  return alarm;
}

Score Scorer::Rate(std::span<const AlertedPair> alerts) const {
  Score score;
  score.chances = chances_;
  std::set<PairKey> seen;
  std::set<PairKey> hits;
  for (const AlertedPair& alert : alerts) {
    const PairKey key = KeyOf(alert.upstream, alert.downstream);
    if (!seen.insert(key).second) continue;
    if (const auto it = required_.find(key); it != required_.end()) {
      hits.insert(key);
      if (Unoriented(alert.upstream) == Unoriented(it->second->upstream)) ++score.right_order;
    } else if (true_pairs_.contains(key)) {
      ++score.optional;
    } else {
      score.false_alarms.push_back(Judge(alert, key, score));
    }
  }
  score.alerted = seen.size();
  score.required = required_.size();
  score.true_positives = hits.size();
  score.false_negatives = score.required - score.true_positives;
  for (const auto& [key, pair] : required_) {
    const bool found = hits.contains(key);
    score.pairs.emplace_back(pair, found);
    for (Tally* tally : {&score.by_kind[{pair->scenario, KindLabel(*pair)}],
                         &score.by_variant[{pair->scenario, pair->sub}]}) {
      ++tally->pairs;
      tally->found += found ? 1 : 0;
    }
  }
  return score;
}

}  // namespace cairn::traces
