// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_STREAM_CORRELATOR_H_
#define CAIRN_DETECTOR_CORRELATOR_STREAM_CORRELATOR_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/connection_slots.h"
#include "detector/correlator/options.h"
#include "detector/correlator/relays/indirect_prefilter.h"
#include "detector/correlator/relays/relay_screen.h"
#include "detector/correlator/relays/screen_feed.h"
#include "detector/correlator/reporter.h"
#include "detector/correlator/session_names.h"
#include "detector/correlator/slots/slot_correlator.h"
#include "detector/correlator/timing/correlator.h"
#include "detector/correlator/timing/time_slide.h"
#include "detector/findings/counters.h"
#include "detector/findings/event.h"
#include "detector/stream/event_batch.h"

namespace cairn {

// The correlator half: a stream of sensor events in (stream/event_batch.h), findings out.  It sees
// no segment, calls no sensor, and reads no clock: the stream's times are its only time.
//
// Deterministic: the same stream and options give the same findings, however it is cut into
// batches.  Thread-compatible.  Memory bounded by the options.  Cost: of an onset, see timing/; of
// an activity, see relays/ and slots/.
class StreamCorrelator : public stream::StreamSink,
                         private slots::SlotSink,
                         private relays::RelaySink,
                         private EventSink {
 public:
  // Requires: `sink` outlives this.
  StreamCorrelator(const CorrelatorOptions& options, EventSink& sink);

  void Take(stream::EventBatch& batch) override;
  // The stream has come to its end, at `now`.  Call once, last.
  void Finish(PacketTime now);
  // Instead of Finish(): the stream stops here, at `now`, and another run goes on from what Save()
  // says.  So the ends of connections that still come are none; session records are written.
  void Suspend(PacketTime now);

  // What cannot be rebuilt from the traffic to come (docs/checkpoint.md).
  void Save(checkpoint::Writer& out) const;
  // To be called before anything else.  `slots`: the connections that the sensor knows, and where.
  // What cannot be makes `in` fail; then this must not be used.
  void Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots);
  // The connections that the state speaks of.
  checkpoint::Connections Connections() const;

  // The first error of the sink.  Findings end at it, session records at their own.
  absl::Status status() const;
  void AddTo(DetectorCounters& all) const;
  const policy::Policy& policy() const { return reporter_.policy(); }

  // Each event of the stream.
  void On(const timing::Onset& onset);
  void On(const stream::FlowSecond& second);
  void On(const stream::HostsParted& parted);
  void On(const stream::ConnectionClosed& closed);
  void On(const stream::InsertionSeen& seen);
  void On(const stream::SessionSeen& seen);
  void On(const stream::Tick& tick);

 private:
  absl::Status Write(const Event& event) override;
  absl::Status WriteScore(const HostScore& score) override { return sink_.WriteScore(score); }
  void OnRelayNode(const RelayNode& finding) override { reporter_.OnRelayNode(finding); }
  void OnHostScore(const HostScore& score) override { reporter_.OnHostScore(score); }
  void OnCorrelation(const stream::FlowInfo& accepted, const stream::FlowInfo& opened,
                     const SlotSignificance& significance, const Confidence& confidence,
                     PacketTime time) override;
  void OnConstantRate(const stream::FlowInfo& accepted, const stream::FlowInfo& opened,
                      PacketTime time) override;
  void Prefetch(const timing::Onset& onset) const;
  void Prefetch(const stream::FlowSecond& second) const;

  // Events of one kind, some ahead of where a batch is read.
  template <typename Event, typename Prefetch>
  class Soon {
   public:
    Soon(const stream::EventBatch& batch, size_t ahead, Prefetch prefetch)
        : batch_(batch), prefetch_(prefetch) {
      for (size_t i = 0; i < ahead; ++i) Next();
    }
    void Next() {
      if (const Event* event = batch_.At<Event>(next_++); event != nullptr) prefetch_(*event);
    }

   private:
    const stream::EventBatch& batch_;
    Prefetch prefetch_;
    size_t next_ = 0;
  };
  template <typename Event, typename Prefetch>
  static Soon<Event, Prefetch> Ahead(const stream::EventBatch& batch, size_t ahead,
                                     Prefetch prefetch) {
    return Soon<Event, Prefetch>(batch, ahead, prefetch);
  }

  const bool calibrates_;
  const bool screens_;
  const bool names_sessions_;
  bool suspended_ = false;
  EventSink& sink_;
  Reporter reporter_;
  timing::Correlator correlator_;
  timing::TimeSlide slide_;
  slots::SlotCorrelator slots_;
  relays::RelayScreen relays_;
  relays::ScreenFeed feed_;
  relays::IndirectPrefilter indirect_prefilter_;
  SessionNames names_;
  SessionRecord record_;  // reused: what it holds keeps its memory
  absl::Status session_status_;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_CORRELATOR_STREAM_CORRELATOR_H_
