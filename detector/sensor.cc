// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor.h"

#include <algorithm>

namespace cairn {

namespace {

connections::Options TrackerOptions(const SensorOptions& options) {
  connections::Options connections = options.connections;
  connections.keep_strays = options.sessions.enabled;
  return connections;
}

}  // namespace

Sensor::Sensor(const SensorOptions& options, SensorSink& sink)
    : tracker_(TrackerOptions(options), *this),
      idle_periods_(options.timing),
      slot_counter_(options.slots, timing::PairFilter(options.timing, options.protected_networks)),
      activity_clock_(options.relays),
      records_sessions_(options.sessions.enabled),
      sessions_(options.sessions, tracker_.table(), options.timing, options.protected_networks,
                sink),
      sink_(sink) {}

void Sensor::Process(std::span<const Segment> segments) {
  while (!segments.empty()) {
    const size_t count = std::min(segments.size(), ahead_.size());
    ProcessBlock(segments.first(count));
    segments = segments.subspan(count);
  }
}

void Sensor::ProcessBlock(std::span<const Segment> segments) {
  const connections::ConnectionTable& table = tracker_.table();
  const auto look_up = [&](size_t i) {
    ahead_[i].place = connections::PlaceOf(segments[i]);
    ahead_[i].hash = table.Hash(ahead_[i].place.key);
    table.PrefetchIndex(ahead_[i].hash);
  };
  for (size_t i = 0; i < std::min(kIndexAhead, segments.size()); ++i) look_up(i);
  for (size_t i = 0; i < std::min(kRecordAhead, segments.size()); ++i) {
    PrefetchRecord(i, segments[i]);
  }

  for (size_t i = 0; i < segments.size(); ++i) {
    if (i + kIndexAhead < segments.size()) look_up(i + kIndexAhead);
    if (i + kRecordAhead < segments.size()) {
      PrefetchRecord(i + kRecordAhead, segments[i + kRecordAhead]);
    }
    if (records_sessions_ && i + kSessionAhead < segments.size()) {
      const Ahead& ahead = ahead_[i + kSessionAhead];
      if (ahead.slot.has_value()) {
        sessions_.PrefetchRest(*ahead.slot, ahead.place.flow, segments[i + kSessionAhead]);
      }
    }
    const Segment& segment = segments[i];
    now_ = std::max(now_, segment.time);
    tracker_.ExpireUntil(now_);
    const auto observed = tracker_.Observe(segment, ahead_[i].place, ahead_[i].hash);
    if (records_sessions_ && observed.has_value()) {
      sessions_.OnSegment(segment, *observed);
    }
    if (!observed.has_value() || observed->new_bytes == 0) continue;
    connections::Connection& connection = tracker_.table()[observed->slot];
    // Last words on the closing segment: the correlator has been told of the end already, and must
    // not take the slot for this connection's any more.  Only the session record's pauses go on.
    if (!connection.open) {
      connection.last_data[observed->flow] = segment.time;
      continue;
    }
    if (activity_clock_.IsNew(connection.last_data[observed->flow], segment.time)) {
      TellActivity(connection, observed->slot, observed->flow, segment.time);
    }
    const auto onset =
        idle_periods_.OnNewData(connection, observed->slot, observed->flow, segment.time);
    const auto slot =
        slot_counter_.OnNewData(connection, observed->slot, observed->flow, segment.time);
    if (slot.has_value()) sink_.OnSlot(*slot);
    if (!onset.has_value()) continue;
    ++onsets_;
    sink_.OnOnset(*onset);
  }
}

// Of flows of watched hosts; and of every other connection now and then, so that its hosts come to
// be watched when they deserve it.
void Sensor::TellActivity(connections::Connection& connection, uint32_t slot, uint8_t flow,
                          PacketTime time) {
  using relays::ActivityClock;
  const PacketTime before = std::max(connection.last_data[0], connection.last_data[1]);
  if (before.IsSet() && time - before >= ActivityClock::kPause) {
    constexpr unsigned kMost = 7;
    const unsigned initiative = connection.initiative;
    const bool by_server = flow != connection.originator_side;
    if (by_server && initiative < kMost) connection.initiative = (initiative + 1) & kMost;
    if (!by_server && initiative > 0) connection.initiative = (initiative - 1) & kMost;
  }
  if (!connection.screened && ActivityClock::Stretch(before) == ActivityClock::Stretch(time))
    return;
  // What comes when the flow's own clock says is passed on to nobody.
  if (timing::SendsByClock(connection, flow)) return;
  connection.screened = sink_.OnActivity({.uid = connection.uid,
                                          .end = {connection.key().end(0), connection.key().end(1)},
                                          .start = connection.start,
                                          .time = time,
                                          .previous = connection.last_data[flow],
                                          .slot = slot,
                                          .flow = flow,
                                          .client_side = connection.originator_side,
                                          .originator = connection.originator,
                                          .initiative = connection.initiative});
}

void Sensor::AdvanceTo(PacketTime now) {
  now_ = std::max(now_, now);
  tracker_.ExpireUntil(now_);
}

void Sensor::EndAll() { tracker_.EndAll(now_); }

void Sensor::OnConnectionEnd(uint32_t slot, const connections::Connection& connection,
                             connections::EndCause cause, PacketTime time) {
  if (records_sessions_) sessions_.OnConnectionEnd(slot, cause);
  slot_counter_.OnConnectionEnd(slot, connection);
  sink_.OnHostsPart(slot, connection.uid, connection.ip, time);
  sink_.OnConnectionEnd(slot, connection.uid, cause, time);
}

void Sensor::OnConnectionForgotten(uint32_t slot, const connections::Connection&,
                                   connections::EndCause cause, PacketTime) {
  if (records_sessions_) sessions_.OnConnectionForgotten(slot, cause);
}

void Sensor::PrefetchRecord(size_t i, const Segment& segment) {
  Ahead& ahead = ahead_[i];
  ahead.slot = tracker_.table().PrefetchRecord(ahead.hash, segment.payload_bytes > 0);
  if (records_sessions_ && ahead.slot.has_value()) sessions_.Prefetch(*ahead.slot);
}

}  // namespace cairn
