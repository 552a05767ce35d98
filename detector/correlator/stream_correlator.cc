// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/stream_correlator.h"

#include <type_traits>

namespace cairn {

StreamCorrelator::StreamCorrelator(const CorrelatorOptions& options, EventSink& sink)
    : calibrates_(options.timing.rule == timing::Rule::kEvidence && options.timing.calibrate),
      screens_(options.relays.enabled),
      names_sessions_(options.names_sessions),
      sink_(sink),
      reporter_(options, *this),
      correlator_(options.timing, options.protected_networks, reporter_),
      slide_(options.timing, options.protected_networks),
      slots_(options.slots, options.timing, options.protected_networks, *this),
      relays_(options.relays, options.protected_networks, *this),
      feed_(relays_),
      indirect_prefilter_(options.relays, options.protected_networks) {
  if (calibrates_) correlator_.CalibrateBy(slide_.scores());
  if (screens_) correlator_.Prioritize(indirect_prefilter_);
}

void StreamCorrelator::Take(stream::EventBatch& batch) {
  // Far enough ahead that memory answers in time; a second costs little beside what it waits for.
  constexpr size_t kOnsetsAhead = 4;
  constexpr size_t kSecondsAhead = 24;
  constexpr size_t kRolesAhead = 12;
  auto onsets =
      Ahead<timing::Onset>(batch, kOnsetsAhead, [this](const auto& onset) { Prefetch(onset); });
  auto seconds = Ahead<stream::FlowSecond>(batch, kSecondsAhead,
                                           [this](const auto& second) { Prefetch(second); });
  auto roles = Ahead<stream::FlowSecond>(
      batch, kRolesAhead, [this](const auto& second) { slots_.PrefetchRoles(second); });
  batch.ForEach([&](const auto& event) {
    using Told = std::decay_t<decltype(event)>;
    if constexpr (std::is_same_v<Told, timing::Onset>) onsets.Next();
    if constexpr (std::is_same_v<Told, stream::FlowSecond>) {
      seconds.Next();
      roles.Next();
    }
    On(event);
  });
}

void StreamCorrelator::Prefetch(const timing::Onset& onset) const {
  correlator_.Prefetch(onset.slot, onset.source());
  if (calibrates_) slide_.Prefetch(onset.slot, onset.uid, onset.source());
}

void StreamCorrelator::On(const timing::Onset& onset) {
  // Only where there is more to compare than there is time for.
  if (screens_ && correlator_.IsPressed(onset.time)) indirect_prefilter_.OnOnset(onset);
  correlator_.OnOnset(onset);
  if (calibrates_) slide_.OnOnset(onset);
}

void StreamCorrelator::Prefetch(const stream::FlowSecond& second) const {
  slots_.Prefetch(second);
  if (screens_) feed_.Prefetch(second);
}

void StreamCorrelator::On(const stream::FlowSecond& second) {
  slots_.OnSecond(second);
  if (screens_) feed_.OnSecond(second);
}

void StreamCorrelator::On(const stream::HostsParted& parted) {
  if (suspended_) return;
  slots_.OnConnectionEnd(parted.slot, parted.uid, parted.ends, parted.time);
  if (screens_) feed_.OnConnectionEnd(parted.slot, parted.uid, parted.ends, parted.time);
}

void StreamCorrelator::On(const stream::ConnectionClosed& closed) {
  if (suspended_) return;
  if (calibrates_) slide_.OnConnectionEnd(closed.slot, closed.uid, closed.cause, closed.time);
  correlator_.OnConnectionEnd(closed.slot, closed.cause, closed.time);
  reporter_.OnConnectionEnd(closed.uid, closed.time);
}

void StreamCorrelator::On(const stream::InsertionSeen& seen) {
  reporter_.OnInsertion(seen.connection, seen.segments, seen.time);
}

void StreamCorrelator::On(const stream::SessionSeen& seen) {
  if (!session_status_.ok()) return;
  const std::vector<std::string>* names = names_.Find(seen.uid);
  if (names == nullptr) {
    session_status_ = sink_.WriteSession(seen.record);
    return;
  }
  record_ = seen.record;
  record_.alerts = *names;
  session_status_ = sink_.WriteSession(record_);
  if (seen.is_last) names_.Forget(seen.uid);
}

void StreamCorrelator::On(const stream::Tick& tick) {
  reporter_.SetPacketsLost(tick.packets_lost);
  if (tick.moves_time && screens_) feed_.AdvanceTo(tick.time);
}

void StreamCorrelator::Finish(PacketTime now) {
  // After the ends of pairs: should its scores find the disk full, they are written.
  if (screens_) feed_.Finish(now);
}

// What the screen knows of the last minutes is judged, because its sums begin anew.
void StreamCorrelator::Suspend(PacketTime now) {
  Finish(now);
  suspended_ = true;
}

void StreamCorrelator::Save(checkpoint::Writer& out) const {
  reporter_.Save(out);
  correlator_.Save(out);
  out(slide_);
  slots_.Save(out);
  relays_.Save(out);
}

void StreamCorrelator::Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots) {
  reporter_.Restore(in, slots);
  correlator_.Restore(in, slots);
  in(slide_);
  slots_.Restore(in, slots);
  relays_.Restore(in);
}

checkpoint::Connections StreamCorrelator::Connections() const {
  checkpoint::Connections connections;
  reporter_.AddConnections(connections);
  correlator_.AddConnections(connections);
  slots_.AddConnections(connections);
  return connections;
}

absl::Status StreamCorrelator::status() const {
  absl::Status status = reporter_.status();
  status.Update(session_status_);
  return status;
}

// Findings pass here on their way out, so that the sessions learn which of them name them.
absl::Status StreamCorrelator::Write(const Event& event) {
  if (names_sessions_) names_.OnEvent(event);
  return sink_.Write(event);
}

void StreamCorrelator::OnCorrelation(const stream::FlowInfo& accepted,
                                     const stream::FlowInfo& opened,
                                     const SlotSignificance& significance,
                                     const Confidence& confidence, PacketTime time) {
  correlator_.OnCorrelation(accepted, opened, significance, confidence, time);
}

void StreamCorrelator::OnConstantRate(const stream::FlowInfo& accepted,
                                      const stream::FlowInfo& opened, PacketTime time) {
  reporter_.OnConstantRate(accepted, opened, time);
}

void StreamCorrelator::AddTo(DetectorCounters& all) const {
  const timing::CorrelatorCounters t = correlator_.counters();
  all.candidates = t.candidates;
  all.candidates_dropped = t.candidates_dropped;
  all.indirect_skipped = t.indirect_skipped;
  all.pair_trials = t.trials;
  all.coincidences = t.coincidences;
  all.pairs = t.pairs_created;
  all.pairs_held = t.pairs_held;
  all.pairs_peak = t.pairs_peak;
  all.pairs_evicted = t.pairs_evicted_by_connection + t.pairs_evicted_by_table;
  all.pairs_evicted_by_connection = t.pairs_evicted_by_connection;
  all.pairs_evicted_by_table = t.pairs_evicted_by_table;
  all.pairs_evicted_promising = t.pairs_evicted_promising;
  all.pairs_refused = t.pairs_refused;
  all.pairs_hopeless = t.pairs_hopeless;
  all.shifted_left_out = slide_.dropped();
  const slots::SlotCounters s = slots_.counters();
  all.slot_pairs = s.pairs;
  all.slot_connections_left_out = s.connections_left_out;
  all.slot_looks = s.looks;
  all.slot_looks_in_full = s.looks_in_full;
  all.slot_looks_dropped = s.looks_dropped;
  const relays::RelayCounters r = relays_.counters();
  all.relay_activities = r.activities;
  all.relay_hosts_watched = r.hosts_watched;
  all.relay_hosts_peak = r.hosts_peak;
  all.relay_hosts_evicted = r.hosts_evicted;
  all.relay_hosts_left_out = r.hosts_left_out + indirect_prefilter_.left_out();
  all.relay_decisions = r.decisions;
  all.suspect_hosts = indirect_prefilter_.suspects();
  all.session_alerts_left_out = names_.left_out();
  reporter_.AddTo(all);
}

}  // namespace cairn
