// SPDX-License-Identifier: BSD-3-Clause
#include "detector/detector.h"

#include "detector/memory_fault.h"
#include "detector/relays/relay_screen.h"
#include "detector/relays/site_screen.h"
#include "detector/reporter.h"
#include "detector/sensor.h"
#include "detector/slots/slot_correlator.h"
#include "detector/timing/correlator.h"
#include "detector/timing/time_slide.h"

namespace cairn {

class Detector::Impl : private SensorSink,
                       private slots::SlotSink,
                       private relays::RelaySink,
                       private EventSink {
 public:
  Impl(const DetectorOptions& options, EventSink& sink)
      : options_(options),
        sink_(sink),
        reporter_(options, *this),
        correlator_(options.timing, options.protected_networks, reporter_),
        slide_(options.timing, options.protected_networks),
        slots_(options.slots, options.timing, options.protected_networks, *this),
        relays_(options.relays, options.protected_networks, *this),
        site_screen_(options.relays, options.protected_networks),
        sensor_({.connections = options.connections,
                 .timing = options.timing,
                 .slots = SlotsOf(options),
                 .relays = options.relays,
                 .sessions = options.sessions,
                 .protected_networks = options.protected_networks},
                *this),
        calibrates_(options.timing.rule == timing::Rule::kEvidence && options.timing.calibrate),
        screens_(options.relays.enabled) {
    if (calibrates_) correlator_.CalibrateBy(slide_.scores());
    if (screens_) correlator_.Prioritize(site_screen_);
  }

  absl::Status Process(std::span<const Segment> segments) {
    segments_ += segments.size();
    sensor_.Process(segments);
    return status();
  }

  absl::Status AdvanceTo(PacketTime now) {
    sensor_.AdvanceTo(now);
    relays_.AdvanceTo(sensor_.now());
    return status();
  }

  void SetPacketsLost(uint64_t packets) { reporter_.SetPacketsLost(packets); }

  absl::Status Finish() {
    sensor_.EndAll();
    // After the ends of pairs: should its scores find the disk full, they are written.
    relays_.Finish(sensor_.now());
    return status();
  }

  const DetectorOptions& options() const { return options_; }
  const policy::Policy& policy() const { return reporter_.policy(); }
  const border::BorderCensus& border() const { return sensor_.border(); }
  PacketTime now() const { return sensor_.now(); }

  DetectorCounters counters() const {
    const connections::Counters& c = sensor_.counters();
    const timing::CorrelatorCounters t = correlator_.counters();
    DetectorCounters all;
    all.segments = segments_;
    all.connections = c.connections;
    all.connections_open = sensor_.connections_held();
    all.connections_peak = c.peak;
    all.connections_midstream = c.midstream;
    all.connections_timed_out = c.timed_out;
    all.evicted_unanswered = c.evicted_unanswered;
    all.evicted_idle = c.evicted_idle;
    all.stray_segments = c.stray_segments;
    all.retransmitted_segments = c.retransmitted_segments;
    all.out_of_order_segments = c.out_of_order_segments;
    const auto doubted = [&c](connections::Doubt doubt) {
      return c.not_believed[static_cast<size_t>(doubt)];
    };
    all.unbelieved_hop_limit = doubted(connections::Doubt::kHopLimit);
    all.unbelieved_checksum = doubted(connections::Doubt::kChecksum);
    all.unbelieved_reset = doubted(connections::Doubt::kReset);
    all.unbelieved_fin = doubted(connections::Doubt::kFin);
    all.unbelieved_syn = doubted(connections::Doubt::kSyn);
    all.flows_corrected = c.places_corrected;
    all.late_segments = c.late_segments;
    const timing::OnsetGateCounters& gate = sensor_.onset_counters();
    all.onsets = gate.onsets;
    all.onsets_not_believed = gate.not_believed;
    all.onsets_decided_early = gate.decided_early;
    all.onsets_guarded = gate.guarded;
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
    all.slot_connections_left_out = sensor_.slot_connections_left_out();
    all.slot_pairs = s.pairs;
    all.slot_looks = s.looks;
    all.slot_looks_in_full = s.looks_in_full;
    all.slot_looks_dropped = s.looks_dropped;
    const relays::RelayCounters r = relays_.counters();
    all.relay_activities = r.activities;
    all.relay_hosts_watched = r.hosts_watched;
    all.relay_hosts_peak = r.hosts_peak;
    all.relay_hosts_evicted = r.hosts_evicted;
    all.relay_hosts_left_out = r.hosts_left_out + site_screen_.left_out();
    all.relay_decisions = r.decisions;
    all.suspect_hosts = site_screen_.suspects();
    const sessions::Counters sessions = sensor_.session_counters();
    all.sessions = sessions.sessions;
    all.session_records = sessions.records;
    all.session_interim_records = sessions.interim_records;
    all.session_servers_forgotten = sessions.servers_forgotten;
    all.session_alerts_left_out = sessions.alerts_left_out;
    all.evicted_strays = c.evicted_strays;
    reporter_.AddTo(all);
    return all;
  }

 private:
  // The published rule knows neither slots nor probabilities.
  static slots::Options SlotsOf(const DetectorOptions& options) {
    slots::Options slots = options.slots;
    if (options.timing.rule == timing::Rule::kThresholds) slots.enabled = false;
    return slots;
  }

  absl::Status status() const {
    absl::Status status = reporter_.status();
    status.Update(session_status_);
    return status;
  }

  // Events pass here on their way out, so that the sessions learn which alerts name them, and which
  // chains they belong to.
  absl::Status Write(const Event& event) override {
    std::visit([this](const auto& found) { NameSessions(found); }, event);
    return sink_.Write(event);
  }
  absl::Status WriteScore(const HostScore& score) override { return sink_.WriteScore(score); }

  void NameSessions(const ChainUpdate&) {}
  void NameSessions(const SteppingStoneEnd&) {}  // the same alert once more
  void NameSessions(const RelayNode& alert) {
    for (const RelayFlows& flows : alert.flows) {
      sensor_.OnAlert(flows.upstream.uid, alert.alert_id);
      sensor_.OnAlert(flows.downstream.uid, alert.alert_id);
    }
  }
  void NameSessions(const Insertion& alert) {
    sensor_.OnAlert(alert.connection.uid, alert.alert_id);
  }
  void NameSessions(const SteppingStone& alert) {
    for (const ConnectionSummary* connection : {&alert.upstream, &alert.downstream}) {
      sensor_.OnAlert(connection->uid, alert.alert_id);
      sensor_.OnAlert(connection->uid, alert.chain);
    }
  }
  template <typename Pair>
  void NameSessions(const Pair& alert) {
    sensor_.OnAlert(alert.upstream.uid, alert.alert_id);
    sensor_.OnAlert(alert.downstream.uid, alert.alert_id);
  }

  void OnSession(const SessionRecord& session) override {
    if (session_status_.ok()) session_status_ = sink_.WriteSession(session);
  }
  void OnOnset(const timing::Onset& onset) override {
    // Only where there is more to compare than there is time for.
    if (screens_ && correlator_.IsPressed(onset.time)) site_screen_.OnOnset(onset);
    correlator_.OnOnset(onset);
    if (calibrates_) slide_.OnOnset(onset);
  }
  void PrefetchOnset(uint32_t slot, uint64_t uid, const IpAddress& source) const override {
    correlator_.Prefetch(slot, source);
    if (calibrates_) slide_.Prefetch(slot, uid, source);
  }
  void OnSlot(const slots::SlotCount& slot) override { slots_.OnSlot(slot); }
  bool OnActivity(const relays::FlowActivity& activity) override {
    return relays_.OnActivity(activity);
  }
  void OnHostsPart(uint32_t slot, uint64_t uid, const std::array<IpAddress, 2>& ends,
                   PacketTime time) override {
    slots_.OnConnectionEnd(slot, uid, time);
    relays_.OnConnectionEnd(slot, uid, ends, time);
  }
  void OnInsertion(const ConnectionSummary& connection, uint32_t segments,
                   PacketTime time) override {
    reporter_.OnInsertion(connection, segments, time);
  }
  void OnRelayNode(const RelayNode& finding) override { reporter_.OnRelayNode(finding); }
  void OnHostScore(const HostScore& score) override { reporter_.OnHostScore(score); }
  void OnCorrelation(const timing::Onset& accepted, const timing::Onset& opened,
                     const SlotSignificance& significance, const Confidence& confidence,
                     PacketTime time) override {
    correlator_.OnCorrelation(accepted, opened, significance, confidence, time);
  }
  void OnConstantRate(const timing::Onset& accepted, const timing::Onset& opened,
                      PacketTime time) override {
    reporter_.OnConstantRate(accepted, opened, time);
  }
  void OnConnectionEnd(uint32_t slot, uint64_t uid, connections::EndCause cause,
                       PacketTime time) override {
    if (calibrates_) slide_.OnConnectionEnd(slot, uid, cause, time);
    correlator_.OnConnectionEnd(slot, cause, time);
    reporter_.OnConnectionEnd(uid, time);
  }

  const DetectorOptions options_;
  EventSink& sink_;
  Reporter reporter_;
  timing::Correlator correlator_;
  timing::TimeSlide slide_;
  slots::SlotCorrelator slots_;
  relays::RelayScreen relays_;
  relays::SiteScreen site_screen_;
  Sensor sensor_;
  const bool calibrates_;
  const bool screens_;
  uint64_t segments_ = 0;
  absl::Status session_status_;
};

absl::StatusOr<std::unique_ptr<Detector>> Detector::Create(const DetectorOptions& options,
                                                           EventSink& sink) {
  std::unique_ptr<Detector> detector;
  const absl::Status made = WithMemory(options, [&] {
    detector = std::make_unique<Detector>(options, sink);
    return absl::OkStatus();
  });
  if (!made.ok()) return made;
  return detector;
}

Detector::Detector(const DetectorOptions& options, EventSink& sink)
    : impl_(std::make_unique<Impl>(options, sink)) {}
Detector::~Detector() = default;

absl::Status Detector::Process(std::span<const Segment> segments) {
  return WithMemory(impl_->options(), [&] { return impl_->Process(segments); });
}
absl::Status Detector::AdvanceTo(PacketTime now) {
  return WithMemory(impl_->options(), [&] { return impl_->AdvanceTo(now); });
}
void Detector::SetPacketsLost(uint64_t packets) { impl_->SetPacketsLost(packets); }
absl::Status Detector::Finish() {
  return WithMemory(impl_->options(), [&] { return impl_->Finish(); });
}
DetectorCounters Detector::counters() const { return impl_->counters(); }
const border::BorderCensus& Detector::border() const { return impl_->border(); }
PacketTime Detector::now() const { return impl_->now(); }
const std::vector<policy::RuleUse>& Detector::policy_uses() const { return impl_->policy().uses(); }

}  // namespace cairn
