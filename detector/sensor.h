// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_H_
#define CAIRN_DETECTOR_SENSOR_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "capture/segment.h"
#include "detector/border/border_census.h"
#include "detector/connections/connection_tracker.h"
#include "detector/relays/flow_activity.h"
#include "detector/sessions/session_recorder.h"
#include "detector/slots/slot_counter.h"
#include "detector/timing/onset.h"
#include "detector/timing/onset_gate.h"

namespace cairn {

// Takes what the sensor half tells the correlator half, in packet order.
class SensorSink : public timing::OnsetSink, public sessions::SessionSink {
 public:
  // This connection will probably have an onset soon, as the sensor sees some segments ahead: fetch
  // what that will need.
  virtual void PrefetchOnset(uint32_t /*slot*/, uint64_t /*uid*/, const IpAddress& /*src*/) const {}
  virtual void OnSlot(const slots::SlotCount& slot) = 0;
  // True: tell of every slot in which this connection is active; false: only of a few.
  virtual bool OnActivity(const relays::FlowActivity&) { return false; }
  // A connection has ended: its slot, uid and hosts, by side.  OnConnectionEnd() follows where
  // there were onsets; the slot may name another connection by then.
  virtual void OnHostsPart(uint32_t, uint64_t, const std::array<IpAddress, 2>&, PacketTime) {}
  // A connection received `segments` that its hosts ignore: many.  Once for each.
  virtual void OnInsertion(const ConnectionSummary&, uint32_t, PacketTime) {}
  void OnSession(const SessionRecord&) override {}
};

// What the sensor half is to do.
struct SensorOptions {
  connections::Options connections{};
  timing::Options timing{};
  slots::Options slots{};
  relays::Options relays{};
  sessions::Options sessions{};
  PrefixSet protected_networks{};
};

// The sensor half: segments in; onsets, slot counts and connection ends out.  All per-packet work
// is here; it touches the segment's own connection and no other.  Onsets come OnsetGate::kHold
// later than everything else, because they wait until their receiver has taken them.
//
// Thread-compatible.  Cost per segment: one table access, hidden behind prefetching within a batch.
class Sensor : private connections::EndSink {
 public:
  // Requires: `sink` outlives the sensor.
  Sensor(const SensorOptions& options, SensorSink& sink);

  // Requires: times do not decrease.
  void Process(std::span<const Segment> segments);
  void AdvanceTo(PacketTime now);
  // Ends every open connection at the time of the last segment.
  void EndAll();
  // An alert names this connection.
  void OnAlert(uint64_t uid, const std::string& alert_id) {
    if (records_sessions_) sessions_.OnAlert(uid, alert_id);
  }

  const connections::Counters& counters() const { return tracker_.counters(); }
  sessions::Counters session_counters() const { return sessions_.counters(); }
  uint64_t connections_held() const { return tracker_.table().size(); }
  const timing::OnsetGateCounters& onset_counters() const { return gate_.counters(); }
  uint64_t slot_connections_left_out() const { return slot_counter_.left_out(); }
  const border::BorderCensus& border() const { return border_; }
  PacketTime now() const { return now_; }

 private:
  // Far enough ahead that memory answers in time, near enough that the lines are still in the
  // cache.
  static constexpr size_t kIndexAhead = 16;
  static constexpr size_t kRecordAhead = 8;
  static constexpr size_t kRestAhead = 4;

  void ProcessBlock(std::span<const Segment> segments);
  void TakeReleased();
  void TellInsertion(uint32_t slot, PacketTime time);
  void TellSettled(const Segment& segment, const connections::Observation& observed);
  void TakeData(const Segment& segment, const connections::Observation& observed);
  void TellActivity(connections::Connection& connection, uint32_t slot, uint8_t flow,
                    PacketTime time);
  void OnConnectionEnd(uint32_t slot, const connections::Connection& connection,
                       connections::EndCause cause, PacketTime time) override;
  void OnConnectionForgotten(uint32_t slot, const connections::Connection& connection,
                             connections::EndCause cause, PacketTime time) override;
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
  slots::SlotCounter slot_counter_;
  relays::ActivityClock activity_clock_;
  const bool records_sessions_;
  sessions::SessionRecorder sessions_;
  SensorSink& sink_;
  timing::OnsetGate gate_;
  std::array<Ahead, SegmentBatch::kCapacity> ahead_;
  PacketTime now_ = PacketTime::InfinitePast();
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_SENSOR_H_
