// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/evidence_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "detector/correlator/timing/onset_evidence.h"

namespace cairn::timing {
namespace {

// Echoes follow keystrokes, so two strangers' keystrokes that meet by chance make their echoes
// meet, too: the two directions' evidence is not independent, and the weaker adds only a part of
// its own.  How large a part is measured, not derived: docs/algorithm.md.
constexpr double kCreditOfWeaker = 0.5;

double PerDay(uint64_t count, PacketDelta elapsed) {
  const auto seconds = static_cast<double>(std::max(elapsed, kLeastTime).ToSeconds());
  return static_cast<double>(count) / seconds * kSecondsPerDay;
}

// The two ways to be a stepping stone: both directions together, and keystrokes alone.
struct Parts {
  double together = 0;
  double weaker_lacks = 0;
  bool hits_suffice = false;
  double keystrokes = 0;
  bool keystrokes_suffice = false;

  Parts(const PairEvidence& evidence, const Options& options, PairKind kind) {
    const std::array<Significance, 2>& direction = evidence.direction;
    const uint32_t min_hits =
        (kind == PairKind::kDirect ? options.direct : options.indirect).min_hits;
    const double weaker = std::min(direction[0].nats, direction[1].nats);
    together = std::max(direction[0].nats, direction[1].nats) + kCreditOfWeaker * weaker;
    if (!evidence.sees_both_directions) {
      hits_suffice = std::max(direction[0].hits, direction[1].hits) >= min_hits;
      return;
    }
    weaker_lacks = options.min_weaker_evidence - weaker;
    hits_suffice = std::min(direction[0].hits, direction[1].hits) >= min_hits;
    if (!evidence.client_to_server.has_value()) return;
    keystrokes = direction[*evidence.client_to_server].nats;
    keystrokes_suffice = direction[*evidence.client_to_server].hits >= min_hits;
  }
};

}  // namespace

double NeededNats(uint64_t pairs_so_far, PacketDelta elapsed, double per_day,
                  const NullScores* measured) {
  const auto pairs = std::max<uint64_t>(pairs_so_far, 1);
  const double bound = std::max(0.0, std::log(PerDay(pairs, elapsed) / per_day));
  if (measured == nullptr || elapsed < kLeastTime) return bound;
  return std::min(bound, measured->Needed(per_day, elapsed));
}

double FalseAlarmsPerDay(uint64_t pairs_so_far, PacketDelta elapsed, double nats,
                         const NullScores* measured) {
  const double bound = PerDay(pairs_so_far, elapsed) * std::exp(-nats);
  if (measured == nullptr || elapsed < kLeastTime) return bound;
  return std::min(bound, measured->PerDay(nats, elapsed));
}

double ScoreOf(const PairEvidence& evidence, const Options& options, PairKind kind) {
  const Parts parts(evidence, options, kind);
  double score = 0;
  if (parts.weaker_lacks <= 0 && parts.hits_suffice) score = parts.together;
  if (parts.keystrokes_suffice) score = std::max(score, parts.keystrokes);
  return score;
}

double LackingNats(const PairEvidence& evidence, double needed, const Options& options,
                   PairKind kind) {
  const Parts parts(evidence, options, kind);
  const auto with_hits = [](double lacking, bool hits_suffice) {
    return hits_suffice ? lacking : std::max(lacking, std::numeric_limits<double>::min());
  };
  const double together =
      with_hits(std::max(needed - parts.together, parts.weaker_lacks), parts.hits_suffice);
  if (!evidence.client_to_server.has_value() || !evidence.sees_both_directions) return together;
  return std::min(together, with_hits(needed - parts.keystrokes, parts.keystrokes_suffice));
}

float MostNatsOf(PacketDelta lag) {
  // What the least chance is worth: that of the shortest window that the hit is in, covered once in
  // every horizon.
  static const auto most = [] {
    std::array<float, kEvidenceWindows.size()> nats{};
    for (size_t w = 0; w < nats.size(); ++w) {
      nats[w] = std::log(static_cast<float>(kEvidenceHorizon.ToNanoseconds()) /
                         static_cast<float>(kEvidenceWindows[w].ToNanoseconds()));
    }
    return nats;
  }();
  const auto* const window =
      std::lower_bound(kEvidenceWindows.begin(), kEvidenceWindows.end(), lag);
  return most[static_cast<size_t>(window - kEvidenceWindows.begin())];
}

}  // namespace cairn::timing
