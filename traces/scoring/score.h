// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_SCORING_SCORE_H_
#define CAIRN_TRACES_SCORING_SCORE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/time.h"
#include "traces/truth/truth.h"

// Scores a detector's alerts against the truth of a capture.
//
//   TP  a required true pair that was alerted      FN  a required pair that was not
//   FP  an alerted pair that is no pair of one chain
//
// Pairs of one chain that are not `required` count neither way.  Repeated alerts on one pair count
// once, in whichever order its connections are named.  Shown apart within FP, being truly
// correlated though innocent: listed benign pairs (chat fan-out), and broadcast (both connections
// heard the same `wall`).
namespace cairn::traces {

// A pair that a detector reported.
struct AlertedPair {
  Link upstream;
  Link downstream;
};

enum class FalseAlarmCause : uint8_t {
  kUnrelated,         // a plain error
  kBenignCorrelated,  // listed in the truth as innocent and correlated
  kBroadcast,         // both connections heard the same site-wide messages
};

struct FalseAlarm {
  AlertedPair alert;
  FalseAlarmCause cause = FalseAlarmCause::kUnrelated;
  std::string description;  // what the two connections were: "bg_irc x bg_wall"
};

// Pairs asked for and found in one group.
struct Tally {
  uint64_t pairs = 0;
  uint64_t found = 0;
};

struct Score {
  uint64_t required = 0;
  uint64_t true_positives = 0;
  uint64_t false_negatives = 0;
  uint64_t alerted = 0;      // distinct pairs
  uint64_t optional = 0;     // alerted pairs of one chain that are not required
  uint64_t unknown = 0;      // false alarms with a connection that the truth does not know
  uint64_t right_order = 0;  // true positives whose upstream connection is the true one
  uint64_t chances =
      0;  // pairs of an inbound and an outbound connection that lived at the same time for >= 1 s
  std::vector<FalseAlarm> false_alarms;
  std::vector<std::pair<const TruthPair*, bool>>
      pairs;  // the required pairs, and whether each was found
  std::map<std::pair<std::string, std::string>, Tally> by_kind;  // (scenario, kind and directions)
  std::map<std::pair<std::string, std::string>, Tally> by_variant;  // (scenario, sub)

  uint64_t false_positives() const { return false_alarms.size(); }
  uint64_t Count(FalseAlarmCause cause) const;
  double precision() const;  // 1 when nothing was alerted
  double recall() const;     // 1 when nothing was required
};

// Holds the truth's indexes, so that many runs can be scored.  Thread-compatible.
class Scorer {
 public:
  // Only pairs whose person worked at least `min_work` are required; the others become optional.
  // Requires: `truth` outlives the scorer and the scores.
  Scorer(const Truth& truth, PacketDelta min_work);

  // Cost: linear in the alerts and the required pairs.
  Score Rate(std::span<const AlertedPair> alerts) const;

 private:
  using PairKey = std::pair<Link, Link>;
  static PairKey KeyOf(const Link& a, const Link& b);

  bool HeardWall(const TruthConnection* connection) const;
  FalseAlarm Judge(const AlertedPair& alert, const PairKey& key, Score& score) const;

  std::map<PairKey, const TruthPair*> true_pairs_;
  std::map<PairKey, const TruthPair*> required_;
  std::map<PairKey, const TruthBenignPair*> benign_;
  std::map<Link, const TruthConnection*> connections_;
  std::unordered_set<uint64_t> sessions_that_heard_;
  uint64_t chances_ = 0;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_SCORING_SCORE_H_
