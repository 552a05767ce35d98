// SPDX-License-Identifier: BSD-3-Clause
#include "detector/timing/evidence_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "detector/timing/onset_evidence.h"

namespace cairn::timing {
namespace {

// Echoes follow keystrokes, so two strangers' keystrokes that meet by chance make their echoes
// meet, too: the two directions' evidence is not independent, and the weaker adds only a part of
// its own.  How large a part is measured, not derived: docs/algorithm.md.
constexpr double kCreditOfWeaker = 0.5;

// The first minutes of a capture say little about a day.
constexpr int64_t kLeastSeconds = 600;
constexpr double kSecondsPerDay = 86400;

}  // namespace

double NeededNats(uint64_t pairs_so_far, PacketDelta elapsed, double false_alarms_per_day) {
  const auto seconds = static_cast<double>(std::max(elapsed.ToSeconds(), kLeastSeconds));
  const auto pairs = static_cast<double>(std::max<uint64_t>(pairs_so_far, 1));
  return std::max(0.0, std::log(pairs / seconds * kSecondsPerDay / false_alarms_per_day));
}

double LackingNats(const PairEvidence& evidence, double needed, const Options& options,
                   PairKind kind) {
  const std::array<Significance, 2>& track = evidence.track;
  const PairRules& rules = kind == PairKind::kDirect ? options.direct : options.indirect;
  const auto with_hits = [&](double lacking, uint32_t hits) {
    return hits >= rules.min_hits ? lacking : std::max(lacking, std::numeric_limits<double>::min());
  };
  const double weaker = std::min(track[0].nats, track[1].nats);
  const double stronger = std::max(track[0].nats, track[1].nats);
  double together = needed - (stronger + kCreditOfWeaker * weaker);
  if (!evidence.sees_both_directions) {
    return with_hits(together, std::max(track[0].hits, track[1].hits));
  }
  together = with_hits(std::max(together, options.min_weaker_evidence - weaker),
                       std::min(track[0].hits, track[1].hits));
  if (!evidence.client_to_server.has_value()) return together;
  const Significance& keystrokes = track[*evidence.client_to_server];
  return std::min(together, with_hits(needed - keystrokes.nats, keystrokes.hits));
}

uint8_t TrialsFor(double lacking_nats) {
  // A hit adds at most what the least chance is worth: that of the shortest window.
  static const double most =
      std::log(static_cast<double>(kEvidenceHorizon.ToNanoseconds()) /
               static_cast<double>(kEvidenceWindows.front().ToNanoseconds()));
  return static_cast<uint8_t>(std::clamp(lacking_nats / most, 0.0, 100.0));
}

}  // namespace cairn::timing
