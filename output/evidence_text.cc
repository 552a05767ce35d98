// SPDX-License-Identifier: BSD-3-Clause
#include "output/evidence_text.h"

#include <optional>

#include "fmt/format.h"

#include "output/odds.h"

namespace cairn::output {
namespace {

std::string LagText(PacketDelta lag) {
  const double ms = static_cast<double>(lag.ToNanoseconds()) / 1e6;
  return ms < 10 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.0f} ms", ms);
}

// The share of the pauses that ended together, in the window that says most where there is one.
double Match(const DirectionEvidence& evidence) {
  const Significance& s = evidence.significance;
  return s.hits == 0 ? evidence.ratio : static_cast<double>(s.hits) / s.trials;
}

std::string PausesText(const Evidence& evidence) {
  const DirectionEvidence& better =
      Match(evidence.forward) >= Match(evidence.backward) ? evidence.forward : evidence.backward;
  std::string text = fmt::format("match {:.0f}%, run {}", 100 * Match(better),
                                 evidence.forward.consecutive + evidence.backward.consecutive);
  if (better.lag_p50.has_value()) text += ", lag " + LagText(*better.lag_p50);
  return text;
}

// Two ways to compare amounts: sums that rise and fall together, and segments that find a partner.
std::string SlotsText(const SlotSignificance& slots) {
  const SlotSignificance::Direction& better =
      slots.direction[0].nats >= slots.direction[1].nats ? slots.direction[0] : slots.direction[1];
  const MatchSignificance& matching = slots.matching;
  std::string text =
      fmt::format("by slots: {:.1f} deviations, lag {}", slots.deviations, LagText(better.lag));
  if (matching.nats > slots.nats) {
    text += fmt::format(", {} segments matched ({:.0f} by chance)", matching.matched,
                        matching.by_chance);
  }
  return text;
}

}  // namespace

std::string EvidenceText(const Evidence& evidence) {
  std::string text = evidence.slots.has_value() ? SlotsText(*evidence.slots) : PausesText(evidence);
  if (evidence.delay_suspected) text += "; delay suspected";
  if (evidence.chaff_suspected) text += "; chaff suspected";
  if (evidence.insertion_suspected) text += "; insertion suspected";
  const std::optional<double> years = FalseAlarmIntervalYears(evidence);
  if (years.has_value()) text += fmt::format("; {} at this site", ChanceOnceIn(*years));
  return text;
}

}  // namespace cairn::output
