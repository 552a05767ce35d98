// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/matching.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "detector/correlator/slots/slot_series.h"
#include "detector/correlator/slots/tail.h"

namespace cairn::slots {
namespace {

constexpr size_t Slots(int64_t milliseconds) {
  return static_cast<size_t>(PacketDelta::FromMilliseconds(milliseconds).ToNanoseconds() /
                             kFineSlot.ToNanoseconds());
}

constexpr auto kBoundSlots =
    static_cast<size_t>(Matching::kBound.ToNanoseconds() / kFineSlot.ToNanoseconds());
constexpr size_t kFewestSlots = Slots(30'000);
// Nearer, what a person does now and a moment later is alike.
constexpr size_t kNearestShift = Slots(5'000);
constexpr size_t kShiftsApart = Slots(2'000);
constexpr size_t kMostShifts = 64;
// Counts at neighbouring shifts are not independent: so many of them count as one.
constexpr double kShiftsPerFreedom = 2;
// What one stretch of five seconds is worth at most: two people who do something in the same second
// once, however much it is, have met once.
constexpr size_t kBlock = Slots(5'000);
constexpr double kNatsPerBlock = 1.5;
// Both directions together, and each alone.
constexpr size_t kTogether = 2;

// How many segments match when the later flow comes `sooner` slots sooner than it did, in a circle.
//
// In order and oldest first, those of the earlier flow that are matched or too old are always its
// first ones, so a count of them is all the state there is.
uint32_t Match(const CountedDirection& direction, size_t sooner, std::vector<uint32_t>& by_block) {
  const uint8_t* const earlier = direction.earlier.data();
  const uint8_t* const later = direction.later.data();
  const size_t length = direction.earlier.size();
  uint32_t sent = 0;     // of the earlier flow, so far
  uint32_t expired = 0;  // sent longer ago than the bound
  uint32_t gone = 0;     // matched or expired
  uint32_t matched = 0;
  size_t from = sooner;
  uint32_t before = 0;
  for (size_t i = 0; i < length; ++i) {
    if (i % kBlock == 0 && i > 0) {
      by_block[i / kBlock - 1] += matched - before;
      before = matched;
    }
    sent += earlier[i];
    if (i > kBoundSlots) expired += earlier[i - kBoundSlots - 1];
    gone = std::max(gone, expired);
    const uint32_t now = std::min<uint32_t>(later[from], sent - gone);
    gone += now;
    matched += now;
    from = from + 1 < length ? from + 1 : 0;
  }
  by_block[(length - 1) / kBlock] += matched - before;
  return matched;
}

// The second connection is the later one of direction 0 and the earlier one of direction 1.
std::array<uint32_t, 2> MatchBoth(const std::array<CountedDirection, 2>& directions, size_t sooner,
                                  std::array<std::vector<uint32_t>, 2>& by_block) {
  const size_t length = directions[0].earlier.size();
  return {Match(directions[0], sooner, by_block[0]),
          Match(directions[1], sooner == 0 ? 0 : length - sooner, by_block[1])};
}

}  // namespace

MatchSignificance Matching::View(const std::array<CountedDirection, 2>& directions) {
  MatchSignificance view;
  const size_t length = directions[0].earlier.size();
  if (length < kFewestSlots) return view;
  const size_t room = length - 2 * kNearestShift;
  const size_t shifts = std::min(kMostShifts, room / kShiftsApart + 1);
  for (auto* const by_block : {&own_by_block_, &shifted_by_block_}) {
    for (auto& of_direction : *by_block) of_direction.assign((length - 1) / kBlock + 1, 0);
  }
  const std::array<uint32_t, 2> own = MatchBoth(directions, 0, own_by_block_);
  shifted_.clear();
  // From all over the circle from the first on: one that matches as much ends it.  A prime beyond
  // kMostShifts steps through all.
  for (size_t i = 0; i < shifts; ++i) {
    const size_t number = (i * 67) % shifts;
    shifted_.push_back(
        MatchBoth(directions, kNearestShift + room * number / (shifts - 1), shifted_by_block_));
    if (shifted_.back()[0] + shifted_.back()[1] >= own[0] + own[1]) return view;
  }
  for (size_t d = 0; d < 2; ++d) view.blocks[d] = Blocks(d);
  view.matched = own[0] + own[1];
  view.nats = std::min(Nats(view.matched, kTogether),
                       kNatsPerBlock * (view.blocks[0] + view.blocks[1]) / 2);
  for (size_t d = 0; d < 2; ++d)
    view.direction_nats[d] = std::min(Nats(own[d], d), kNatsPerBlock * view.blocks[d]);
  double sum = 0;
  for (const auto& [keys, echoes] : shifted_) sum += keys + echoes;
  view.by_chance = sum / static_cast<double>(shifts);
  return view;
}

// How many stretches the matches beyond those by chance are spread over, as a participation number:
// n equal ones give n, one that outweighs all others 1.
double Matching::Blocks(size_t d) const {
  double sum = 0;
  double squares = 0;
  for (size_t b = 0; b < own_by_block_[d].size(); ++b) {
    const double excess =
        own_by_block_[d][b] - shifted_by_block_[d][b] / static_cast<double>(shifted_.size());
    if (excess <= 0) continue;
    sum += excess;
    squares += excess * excess;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

double Matching::Nats(double own, size_t direction) const {
  const auto value_of = [direction](const std::array<uint32_t, 2>& matches) {
    return static_cast<double>(direction == kTogether ? matches[0] + matches[1]
                                                      : matches[direction]);
  };
  const auto count = static_cast<double>(shifted_.size());
  double sum = 0;
  for (const auto& matches : shifted_) sum += value_of(matches);
  const double mean = sum / count;
  double squares = 0;
  for (const auto& matches : shifted_) {
    squares += (value_of(matches) - mean) * (value_of(matches) - mean);
  }
  // One more: a few shifts may show less than the chance that few matches are subject to.
  const double variance = squares / (count - 1) + 1;
  const double freedom = std::max(1.0, count / kShiftsPerFreedom - 1);
  const double nats = StudentTailNats(
      (own - mean) / std::sqrt(variance * (1 + kShiftsPerFreedom / count)), freedom);
  return own > mean ? nats : 0;
}

}  // namespace cairn::slots
