// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/onsets/idle_periods.h"

#include <algorithm>
#include <limits>

#include "detector/sensor/connections/observation.h"
#include "detector/sensor/onsets/far_trip.h"

namespace cairn::timing {
namespace {

using connections::kTimeUnitBits;

// Two onsets in a row when they were due are three equal intervals; a person manages one now and
// then.
constexpr uint8_t kProof = 2;

// Where Connection::periodic_runs keeps them.
constexpr unsigned kRunBits = 4;
constexpr unsigned kRunMask = (1U << kRunBits) - 1;

uint32_t GapUnits(PacketDelta gap) {
  const int64_t units = gap.ToNanoseconds() >> kTimeUnitBits;
  return static_cast<uint32_t>(std::clamp<int64_t>(units, 1, std::numeric_limits<uint32_t>::max()));
}

PacketTime Before(PacketTime time, uint32_t gap_units) {
  if (gap_units == 0) return PacketTime::InfinitePast();
  return time - PacketDelta::FromNanoseconds(static_cast<int64_t>(gap_units) << kTimeUnitBits);
}

uint32_t WaitMs(PacketDelta wait) {
  constexpr int64_t kMost = OnsetHistory::kNoWait - 1;
  return static_cast<uint32_t>(std::clamp<int64_t>(wait.ToMilliseconds(), 0, kMost));
}

// Did this onset come when the flow's own period said it would?  Keeps the count of such onsets in
// a row.
bool IsPeriodic(PacketDelta gap, uint32_t gap_before_units, PacketDelta tolerance, uint8_t& run) {
  const PacketDelta before =
      PacketDelta::FromNanoseconds(static_cast<int64_t>(gap_before_units) << kTimeUnitBits);
  const PacketDelta difference = gap > before ? gap - before : before - gap;
  if (gap_before_units == 0 || tolerance == PacketDelta::Zero() || difference > tolerance) {
    run = 0;
    return false;
  }
  if (run < kProof) ++run;
  return run == kProof;
}

}  // namespace

stream::FlowInfo DescribeFlow(const connections::Connection& connection, uint32_t slot,
                              uint8_t flow) {
  stream::FlowInfo info;
  info.slot = slot;
  info.flow = flow;
  info.originator_side = connection.originator_side;
  info.originator = connection.originator;
  info.reverse_seen = (connection.seq_known & (1U << (1U - flow))) != 0;
  info.far_trip = {FarTrip(connection.round_trip[0]), FarTrip(connection.round_trip[1])};
  info.key = connection.key();
  info.uid = connection.uid;
  info.start = connection.start;
  info.not_believed = connection.NotBelieved();
  return info;
}

bool SendsByClock(const connections::Connection& connection, uint8_t flow) {
  return connection.periodic_runs[flow] == (kProof | kProof << kRunBits);
}

IdlePeriods::IdlePeriods(const Options& options)
    : idle_threshold_{options.direct.idle_threshold, options.indirect.idle_threshold},
      period_tolerance_{options.direct.period_tolerance, options.indirect.period_tolerance},
      shortest_(std::min(idle_threshold_[0], idle_threshold_[1])) {}

uint32_t IdlePeriods::WaitOf(const connections::Connection& connection, unsigned flow,
                             PacketTime time) {
  const PacketTime asked = connection.last_data[1U - flow];
  const bool first = (connection.data_seen & (1U << flow)) == 0;
  const bool answers = asked.IsSet() && (first || asked >= connection.last_data[flow]);
  return answers ? WaitMs(time - asked) : OnsetHistory::kNoWait;
}

std::optional<Onset> IdlePeriods::OnNewData(connections::Connection& connection, uint32_t slot,
                                            uint8_t flow, PacketTime time) const {
  const bool first = (connection.data_seen & (1U << flow)) == 0;
  const PacketDelta gap = first ? PacketDelta::Infinite() : time - connection.last_data[flow];
  const uint32_t wait_ms = WaitOf(connection, flow, time);
  connection.data_seen = (connection.data_seen | connections::Bit(flow)) & 3U;
  connection.last_data[flow] = time;
  return AfterPause(connection, slot, flow, {.time = time, .gap = gap, .wait_ms = wait_ms});
}

std::optional<Onset> IdlePeriods::AfterPause(connections::Connection& connection, uint32_t slot,
                                             uint8_t flow, const Pause& pause) const {
  const auto& [time, gap, wait_ms] = pause;
  if (gap <= shortest_) return std::nullopt;
  Onset onset;
  static_cast<stream::FlowInfo&>(onset) = DescribeFlow(connection, slot, flow);
  onset.time = time;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    if (gap <= idle_threshold_[kind]) continue;
    connections::FlowOnsets& own = connection.onsets[flow][kind];
    const PacketDelta since_last = own.last.IsSet() ? time - own.last : PacketDelta::Zero();
    OnsetHistory& history = onset.history[kind];
    uint8_t& runs = connection.periodic_runs[flow];
    const unsigned shift = static_cast<unsigned>(kind) * kRunBits;
    const unsigned kept = runs & ~(kRunMask << shift);
    auto run = static_cast<uint8_t>(unsigned{runs} >> shift & kRunMask);
    history.is_onset = !IsPeriodic(since_last, own.gap_units, period_tolerance_[kind], run);
    runs = static_cast<uint8_t>(kept | unsigned{run} << shift);
    history.previous = {own.last, Before(own.last, own.gap_units)};
    history.wait_ms = wait_ms;
    history.reverse_count = connection.onsets[1U - flow][kind].count;
    if (history.is_onset) ++own.count;
    history.count = own.count;
    own.gap_units = own.last.IsSet() ? GapUnits(since_last) : 0;
    own.last = time;
  }
  if (!onset.history[0].is_onset && !onset.history[1].is_onset) return std::nullopt;
  return onset;
}

}  // namespace cairn::timing
