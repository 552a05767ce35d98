// SPDX-License-Identifier: BSD-3-Clause
#include "detector/detector.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/envelope.h"
#include "detector/correlator/stream_correlator.h"
#include "detector/memory_fault.h"
#include "detector/sensor/sensor.h"
#include "detector/state_basis.h"
#include "detector/stream/sink_thread.h"

namespace cairn {

class Detector::Impl : private stream::StreamSink {
 public:
  enum class Halves : uint8_t { kBoth, kCorrelator };

  Impl(const DetectorOptions& options, EventSink& sink, Threads threads, Halves halves)
      : options_(options),
        correlator_({.protected_networks = options.protected_networks,
                     .timing = options.timing,
                     .slots = SlotsOf(options),
                     .relays = options.relays,
                     .exposure = options.exposure,
                     .messaging = options.messaging,
                     .chains = options.chains,
                     .policy = options.policy,
                     .names_sessions = options.sessions.enabled},
                    sink),
        sensor_(halves == Halves::kBoth ? MakeSensor(threads) : nullptr),
        thread_(threads == Threads::kOne
                    ? nullptr
                    : std::make_unique<stream::SinkThread>(
                          [this](stream::EventBatch& batch) { Correlate(batch); })) {}

  absl::Status Process(std::span<const Segment> segments) {
    segments_ += segments.size();
    std::vector<Segment> first;
    if (resumed_at_.IsSet() && !segments.empty()) [[unlikely]] {
      if (absl::Status follows = TakeFirst(segments, first); !follows.ok()) return follows;
      segments = first;
    }
    sensor_->Process(segments);
    // The source has no more at the moment, so nothing should wait for what comes then.
    if (segments.size() < SegmentBatch::kCapacity) sensor_->HandOver();
    return Status();
  }

  absl::Status AdvanceTo(PacketTime now) {
    sensor_->AdvanceTo(now);
    return Status();
  }

  void SetPacketsLost(uint64_t packets) { sensor_->SetPacketsLost(packets); }

  absl::Status Finish() {
    sensor_->EndAll();
    Drain();
    if (absl::Status status = Status(); !status.ok()) return status;
    correlator_.Finish(sensor_->now());
    return correlator_.status();
  }

  absl::Status FinishStream(PacketTime now) {
    Drain();
    if (absl::Status status = Status(); !status.ok()) return status;
    correlator_.Finish(now);
    return correlator_.status();
  }

  absl::Status TakeStream(stream::EventBatch& batch) {
    HandOn(batch);
    return Status();
  }

  absl::StatusOr<std::string> SaveState() {
    sensor_->Settle();
    Drain();
    if (absl::Status status = Status(); !status.ok()) return status;
    return State();
  }

  absl::StatusOr<std::string> Suspend() {
    sensor_->SettleLast();
    Drain();
    if (absl::Status status = Status(); !status.ok()) return status;
    correlator_.Suspend(sensor_->now());
    std::string state = State();
    sensor_->EndAll();  // of this run's session records
    Drain();
    if (absl::Status status = Status(); !status.ok()) return status;
    return state;
  }

  absl::Status Restore(std::string_view state) {
    const absl::StatusOr<std::string_view> body = checkpoint::Unseal(state);
    if (!body.ok()) return body.status();
    checkpoint::Reader in(*body);
    StateBasis basis;
    in(basis);
    if (in.ok()) {
      if (absl::Status fits = CheckBasis(basis, BasisOf(options_)); !fits.ok()) return fits;
    }
    checkpoint::ConnectionSlots slots;
    sensor_->Restore(in, slots);
    correlator_.Restore(in, slots);
    if (!in.ok() || !in.at_end()) {
      return absl::FailedPreconditionError(
          "the state does not fit in the tables of this configuration "
          "(connections.max_connections, "
          "timing.max_pairs, timing.max_pairs_per_connection, chains), or is damaged; raise the "
          "limits to what they were, or remove the file to begin anew");
    }
    resumed_at_ = sensor_->now();
    return absl::OkStatus();
  }

  void Drain() {
    if (thread_ == nullptr) return;
    if (sensor_ != nullptr) sensor_->HandOver();
    thread_->Drain();
  }

  // What the sensor tells.
  void Take(stream::EventBatch& batch) override {
    if (see_) see_(batch);
    HandOn(batch);
  }
  void ShowStream(std::function<void(const stream::EventBatch&)> see) { see_ = std::move(see); }

  const DetectorOptions& options() const { return options_; }
  const policy::Policy& policy() const { return correlator_.policy(); }
  const border::BorderCensus& border() const {
    return sensor_ != nullptr ? sensor_->border() : no_border_;
  }
  PacketTime now() const {
    return sensor_ != nullptr ? sensor_->now() : PacketTime::InfinitePast();
  }

  DetectorCounters counters() const {
    DetectorCounters all;
    if (sensor_ != nullptr) CountSensor(all);
    correlator_.AddTo(all);
    return all;
  }

 private:
  void CountSensor(DetectorCounters& all) const {
    const connections::Counters& c = sensor_->counters();
    all.segments = segments_;
    all.connections = c.connections;
    all.connections_open = sensor_->connections_held();
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
    const timing::OnsetGateCounters& gate = sensor_->onset_counters();
    all.onsets = gate.onsets;
    all.onsets_not_believed = gate.not_believed;
    all.onsets_decided_early = gate.decided_early;
    all.onsets_guarded = gate.guarded;
    all.flow_seconds_left_out = sensor_->flow_seconds_left_out();
    const sessions::Counters sessions = sensor_->session_counters();
    all.sessions = sessions.sessions;
    all.session_records = sessions.records;
    all.session_interim_records = sessions.interim_records;
    all.session_servers_forgotten = sessions.servers_forgotten;
    all.evicted_strays = c.evicted_strays;
  }

  void HandOn(stream::EventBatch& batch) {
    if (thread_ != nullptr) {
      thread_->Take(batch);
    } else {
      correlator_.Take(batch);
    }
  }

  std::string State() const {
    checkpoint::Writer out;
    out(BasisOf(options_));
    sensor_->Save(out, correlator_.Connections());
    correlator_.Save(out);
    return checkpoint::Seal(out.bytes());
  }

  // Captures that follow each other overlap by as much as their packets were out of order; what is
  // older gets the newest time, as it would within one capture.
  absl::Status TakeFirst(std::span<const Segment> segments, std::vector<Segment>& first) {
    constexpr PacketDelta kOverlap = PacketDelta::FromSeconds(1);
    if (segments.front().time < resumed_at_ - kOverlap) {
      return absl::FailedPreconditionError(fmt::format(
          "the capture begins {} s before the end of what the state knows: captures must follow "
          "each other; leave out what was read before, or begin anew with another state file",
          (resumed_at_ - segments.front().time).ToSeconds()));
    }
    first.assign(segments.begin(), segments.end());
    for (Segment& segment : first) segment.time = std::max(segment.time, resumed_at_);
    if (first.back().time > resumed_at_) resumed_at_ = PacketTime::InfinitePast();
    return absl::OkStatus();
  }

  // On the other thread: whatever happens there is told on this one.
  void Correlate(stream::EventBatch& batch) {
    if (failed_) return;
    const absl::Status status = WithMemory(options_, [&] {
      correlator_.Take(batch);
      return correlator_.status();
    });
    if (status.ok()) return;
    failure_ = status;
    failed_ = true;
  }
  absl::Status Status() const {
    if (thread_ == nullptr) return correlator_.status();
    return failed_ ? failure_ : absl::OkStatus();
  }

  // The published rule knows neither slots nor probabilities.
  static slots::Options SlotsOf(const DetectorOptions& options) {
    slots::Options slots = options.slots;
    if (options.timing.rule == timing::Rule::kThresholds) slots.enabled = false;
    return slots;
  }

  std::unique_ptr<Sensor> MakeSensor(Threads threads) {
    stream::StreamSink& sink = *this;
    return std::make_unique<Sensor>(
        SensorOptions{.connections = options_.connections,
                      .timing = options_.timing,
                      .sessions = options_.sessions,
                      .protected_networks = options_.protected_networks,
                      .tells_seconds = SlotsOf(options_).enabled || options_.relays.enabled,
                      .tells_at_once = threads == Threads::kOne},
        sink);
  }

  const DetectorOptions options_;
  StreamCorrelator correlator_;
  const std::unique_ptr<Sensor> sensor_;  // null: the stream comes from elsewhere
  const border::BorderCensus no_border_{PrefixSet()};
  std::function<void(const stream::EventBatch&)> see_;
  uint64_t segments_ = 0;
  PacketTime resumed_at_ = PacketTime::InfinitePast();  // until segments are later
  absl::Status failure_;  // the other thread's; whole once failed_ is set
  std::atomic<bool> failed_ = false;
  std::unique_ptr<stream::SinkThread> thread_;  // null: there is one thread
};

absl::StatusOr<std::unique_ptr<Detector>> Detector::Create(const DetectorOptions& options,
                                                           EventSink& sink, Threads threads) {
  std::unique_ptr<Detector> detector;
  const absl::Status made = WithMemory(options, [&] {
    detector = std::make_unique<Detector>(options, sink, threads);
    return absl::OkStatus();
  });
  if (!made.ok()) return made;
  return detector;
}

absl::StatusOr<std::unique_ptr<Detector>> Detector::CreateForStream(const DetectorOptions& options,
                                                                    EventSink& sink,
                                                                    Threads threads) {
  std::unique_ptr<Detector> detector;
  const absl::Status made = WithMemory(options, [&] {
    detector.reset(
        new Detector(std::make_unique<Impl>(options, sink, threads, Impl::Halves::kCorrelator)));
    return absl::OkStatus();
  });
  if (!made.ok()) return made;
  return detector;
}

absl::StatusOr<std::unique_ptr<Detector>> Detector::Resume(const DetectorOptions& options,
                                                           EventSink& sink, Threads threads,
                                                           std::string_view state) {
  absl::StatusOr<std::unique_ptr<Detector>> detector = Create(options, sink, threads);
  if (!detector.ok()) return detector;
  Impl& impl = *(*detector)->impl_;
  const absl::Status restored = WithMemory(options, [&] { return impl.Restore(state); });
  if (!restored.ok()) return restored;
  return detector;
}

Detector::Detector(const DetectorOptions& options, EventSink& sink, Threads threads)
    : impl_(std::make_unique<Impl>(options, sink, threads, Impl::Halves::kBoth)) {}
Detector::Detector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Detector::~Detector() = default;

absl::Status Detector::Process(std::span<const Segment> segments) {
  return WithMemory(impl_->options(), [&] { return impl_->Process(segments); });
}
absl::Status Detector::AdvanceTo(PacketTime now) {
  return WithMemory(impl_->options(), [&] { return impl_->AdvanceTo(now); });
}
void Detector::Drain() { impl_->Drain(); }
void Detector::SetPacketsLost(uint64_t packets) { impl_->SetPacketsLost(packets); }
absl::Status Detector::Finish() {
  return WithMemory(impl_->options(), [&] { return impl_->Finish(); });
}
void Detector::ShowStream(std::function<void(const stream::EventBatch&)> see) {
  impl_->ShowStream(std::move(see));
}
absl::Status Detector::Take(stream::EventBatch& batch) {
  return WithMemory(impl_->options(), [&] { return impl_->TakeStream(batch); });
}
absl::Status Detector::FinishStream(PacketTime now) {
  return WithMemory(impl_->options(), [&] { return impl_->FinishStream(now); });
}
absl::StatusOr<std::string> Detector::Suspend() { return SaveBy(&Impl::Suspend); }
absl::StatusOr<std::string> Detector::SaveState() { return SaveBy(&Impl::SaveState); }
absl::StatusOr<std::string> Detector::SaveBy(absl::StatusOr<std::string> (Impl::*save)()) {
  std::string state;
  const absl::Status saved = WithMemory(impl_->options(), [&] {
    absl::StatusOr<std::string> made = (*impl_.*save)();
    if (!made.ok()) return made.status();
    state = *std::move(made);
    return absl::OkStatus();
  });
  if (!saved.ok()) return saved;
  return state;
}
DetectorCounters Detector::counters() const {
  impl_->Drain();
  return impl_->counters();
}
const border::BorderCensus& Detector::border() const { return impl_->border(); }
PacketTime Detector::now() const { return impl_->now(); }
const std::vector<policy::RuleUse>& Detector::policy_uses() const {
  impl_->Drain();
  return impl_->policy().uses();
}

}  // namespace cairn
