// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SENSOR_H_
#define CAIRN_DETECTOR_SENSOR_SENSOR_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "capture/segment.h"
#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/connection_slots.h"
#include "detector/sensor/activity/activity_recorder.h"
#include "detector/sensor/border/border_census.h"
#include "detector/sensor/connections/connection_tracker.h"
#include "detector/sensor/onsets/onset_gate.h"
#include "detector/sensor/sessions/session_recorder.h"
#include "detector/stream/event_batch.h"
#include "detector/stream/onset.h"

namespace cairn {

// What the sensor half is to do.
struct SensorOptions {
  connections::Options connections{};
  timing::Options timing{};
  sessions::Options sessions{};
  PrefixSet protected_networks{};
  bool tells_seconds = true;  // stream/flow_second.h; onsets are told in any case
  // Whether what one call of Process() found is told within it, or may wait for more to come.
  bool tells_at_once = true;
};

// The sensor half: segments in, a stream of events out (stream/event_batch.h).  All per-packet work
// is here; it touches the segment's own connection and no other.  While insertion is seen, onsets
// come OnsetGate::kHold later than everything else, because they wait until their receiver has
// taken them.
//
// Nothing comes back from whoever takes the stream: what is worth telling is decided here.
//
// Thread-compatible.  Cost per segment: one table access, hidden behind prefetching within a batch.
class Sensor : private connections::EndSink,
               private timing::OnsetSink,
               private sessions::SessionSink {
 public:
  // Requires: `sink` outlives the sensor.
  Sensor(const SensorOptions& options, stream::StreamSink& sink);

  // Requires: times do not decrease.
  void Process(std::span<const Segment> segments);
  void AdvanceTo(PacketTime now);
  // Ends every open connection at the time of the last segment.
  void EndAll();
  // Decides about onsets that wait by what is known, and tells everything.
  void Settle();
  // Likewise, and tells the second at hand: no more segments will come.
  void SettleLast();
  // When it is, those of `connections` that are open, and many others.
  void Save(checkpoint::Writer& out, const checkpoint::Connections& connections) const;
  // To be called before anything else; `slots` gets the connections.  What cannot be makes `in`
  // fail; then the sensor must not be used.
  void Restore(checkpoint::Reader& in, checkpoint::ConnectionSlots& slots);
  // Tells what waits for more to come.
  void HandOver();
  // Capture has lost so many packets; told with what comes next.
  void SetPacketsLost(uint64_t packets);

  const connections::Counters& counters() const { return tracker_.counters(); }
  sessions::Counters session_counters() const { return sessions_.counters(); }
  uint64_t connections_held() const { return tracker_.table().size(); }
  const timing::OnsetGateCounters& onset_counters() const { return gate_.counters(); }
  uint64_t flow_seconds_left_out() const { return activity_.left_out(); }
  const border::BorderCensus& border() const { return border_; }
  PacketTime now() const { return now_; }

 private:
  // Far enough ahead that memory answers in time, near enough that the lines are still in the
  // cache.
  static constexpr size_t kIndexAhead = 16;
  static constexpr size_t kRecordAhead = 8;
  static constexpr size_t kRestAhead = 4;
  static constexpr size_t kMostTogether = 1024;  // events of a batch, and a few more

  void ProcessBlock(std::span<const Segment> segments);
  void TakeReleased();
  void TellInsertion(uint32_t slot, PacketTime time);
  void TellSettled(const Segment& segment, const connections::Observation& observed);
  void TakeData(const Segment& segment, const connections::Observation& observed);
  auto NextSecond() {
    return [this]() -> stream::FlowSecond& {
      HandOverIfMany();
      return batch_.Next<stream::FlowSecond>();
    };
  }
  void OnConnectionEnd(uint32_t slot, const connections::Connection& connection,
                       connections::EndCause cause, PacketTime time) override;
  void OnConnectionForgotten(uint32_t slot, const connections::Connection& connection,
                             connections::EndCause cause, PacketTime time) override;
  void OnOnset(const timing::Onset& onset) override;
  void OnConnectionEnd(uint32_t slot, uint64_t uid, SessionEnd cause, PacketTime time) override;
  void OnSession(const SessionRecord& session, uint64_t uid, bool is_last) override;
  // A time-out, or the end, may concern the whole table at once.
  void HandOverIfMany() {
    if (batch_.size() >= kMostTogether) HandOver();
  }
  void PrefetchForgetting(uint32_t slot) const override {
    if (records_sessions_) sessions_.PrefetchWhole(slot);
  }
  void PrefetchRecord(size_t i, const Segment& segment);
  void PrefetchRest(size_t i, const Segment& segment) const;

  struct Ahead {
    connections::SegmentPlace place;
    uint64_t hash = 0;
    std::optional<uint32_t> slot;  // probably
  };

  connections::ConnectionTracker tracker_;
  border::BorderCensus border_;
  activity::ActivityRecorder activity_;
  const bool records_sessions_;
  const bool tells_at_once_;
  sessions::SessionRecorder sessions_;
  stream::StreamSink& sink_;
  stream::EventBatch batch_;
  timing::OnsetGate gate_;
  std::array<Ahead, SegmentBatch::kCapacity> ahead_;
  PacketTime now_ = PacketTime::InfinitePast();
  uint64_t packets_lost_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_SENSOR_SENSOR_H_
