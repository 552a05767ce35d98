// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sensor.h"

#include <algorithm>

namespace cairn {

namespace {

connections::Options TrackerOptions(const SensorOptions& options) {
  connections::Options connections = options.connections;
  connections.keep_strays = options.sessions.enabled;
  return connections;
}

}  // namespace

Sensor::Sensor(const SensorOptions& options, stream::StreamSink& sink)
    : tracker_(TrackerOptions(options), *this),
      border_(options.protected_networks),
      activity_(options.tells_seconds, tracker_.table()),
      records_sessions_(options.sessions.enabled),
      tells_at_once_(options.tells_at_once),
      sessions_(options.sessions, tracker_.table(), options.timing, options.protected_networks,
                *this),
      sink_(sink),
      gate_(options.timing, tracker_.table(), *this) {}

void Sensor::Process(std::span<const Segment> segments) {
  while (!segments.empty()) {
    const size_t count = std::min(segments.size(), ahead_.size());
    ProcessBlock(segments.first(count));
    if (tells_at_once_) HandOver();
    segments = segments.subspan(count);
  }
}

void Sensor::HandOver() {
  if (batch_.empty()) return;
  sink_.Take(batch_);
  batch_.Clear();
}

void Sensor::ProcessBlock(std::span<const Segment> segments) {
  const connections::ConnectionTable& table = tracker_.table();
  const auto look_up = [&](size_t i) {
    connections::SetPlace(segments[i], ahead_[i].place);
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
    if (i + kRestAhead < segments.size()) PrefetchRest(i + kRestAhead, segments[i + kRestAhead]);
    const Segment& segment = segments[i];
    now_ = std::max(now_, segment.time);
    tracker_.ExpireUntil(now_);
    activity_.AdvanceTo(now_, NextSecond());
    gate_.AdvanceTo(now_);
    const auto observed = tracker_.Observe(segment, ahead_[i].place, ahead_[i].hash);
    if (!tracker_.released().empty()) TakeReleased();
    if (!observed.has_value()) continue;
    if (records_sessions_) sessions_.OnSegment(segment, *observed);
    if (observed->doubt != connections::Doubt::kNone) {
      TellInsertion(observed->slot, segment.time);
      continue;
    }
    if (observed->settles_other || observed->moved != 0) TellSettled(segment, *observed);
    if (segment.Has(kAck)) {
      gate_.OnAck(tracker_.table()[observed->slot], 1U - observed->flow);
    }
    if (observed->place != connections::DataPlace::kNone) TakeData(segment, *observed);
  }
}

void Sensor::TellInsertion(uint32_t slot, PacketTime time) {
  constexpr uint8_t kMany = 16;
  connections::Connection& connection = tracker_.table()[slot];
  if (connection.NotBelieved() < kMany || connection.insertion_told || !connection.open) return;
  connection.insertion_told = true;
  batch_.Add(stream::InsertionSeen{
      .connection = connection.Summary(), .segments = connection.NotBelieved(), .time = time});
}

// SYNs that waited are told to the session that they turned out to belong to.
void Sensor::TakeReleased() {
  if (records_sessions_) {
    for (const auto& [segment, observed] : tracker_.released()) {
      sessions_.OnSegment(segment, observed);
    }
  }
  tracker_.ClearReleased();
}

void Sensor::TellSettled(const Segment& segment, const connections::Observation& observed) {
  const connections::Connection& connection = tracker_.table()[observed.slot];
  const unsigned flow = observed.flow;
  if (observed.settles_other) gate_.OnSettled(connection, 1 - flow, segment.ack, now_);
  if ((observed.moved & connections::Bit(flow)) != 0) {
    gate_.OnSettled(connection, flow, segment.seq, now_);
  }
}

void Sensor::TakeData(const Segment& segment, const connections::Observation& observed) {
  connections::Connection& connection = tracker_.table()[observed.slot];
  // Last words on the closing segment: nobody but the session record's pauses heeds them.
  if (!connection.open) {
    if (observed.new_bytes > 0) connection.last_data[observed.flow] = segment.time;
    return;
  }
  // Where unacknowledged data were forged, the true ones are no new bytes by their numbers.
  const bool counts = observed.new_bytes > 0 || (observed.place == connections::DataPlace::kAgain &&
                                                 connection.contested != 0);
  const activity::LastData before = {
      .own = connection.last_data[observed.flow],
      .either = std::max(connection.last_data[0], connection.last_data[1])};
  if (gate_.OnData(segment, observed)) TellInsertion(observed.slot, segment.time);
  if (counts) {
    activity_.OnNewData(connection, observed.slot, observed.flow, segment.time, before);
  }
}

void Sensor::AdvanceTo(PacketTime now) {
  now_ = std::max(now_, now);
  tracker_.ExpireUntil(now_);
  activity_.AdvanceTo(now_, NextSecond());
  gate_.AdvanceTo(now_);
  if (!tracker_.released().empty()) TakeReleased();
  batch_.Add(stream::Tick{.time = now_, .moves_time = true, .packets_lost = packets_lost_});
  HandOver();
}

void Sensor::SetPacketsLost(uint64_t packets) {
  if (packets == packets_lost_) return;
  packets_lost_ = packets;
  batch_.Add(stream::Tick{.time = now_, .moves_time = false, .packets_lost = packets});
}

void Sensor::EndAll() {
  // Alerts that still come name the sessions before these are written.
  gate_.Finish();
  activity_.TellAll(NextSecond());
  tracker_.EndAll(now_);
  gate_.Finish();
  HandOver();
}

void Sensor::Settle() {
  gate_.Finish();
  HandOver();
}

void Sensor::SettleLast() {
  gate_.Finish();
  activity_.TellAll(NextSecond());
  HandOver();
}

void Sensor::Save(checkpoint::Writer& out, const checkpoint::Connections& connections) const {
  out(now_);
  tracker_.Save(out, connections);
}

void Sensor::Restore(checkpoint::Reader& in, checkpoint::ConnectionSlots& slots) {
  in(now_);
  tracker_.Restore(in, slots);
}

void Sensor::OnConnectionEnd(uint32_t slot, const connections::Connection& connection,
                             connections::EndCause cause, PacketTime time) {
  if (records_sessions_) sessions_.OnConnectionEnd(slot, cause);
  border_.OnConnectionEnd(connection);
  activity_.OnConnectionEnd(connection, slot, NextSecond());
  batch_.Add(stream::HostsParted{
      .slot = slot, .uid = connection.uid, .ends = connection.ip, .time = time});
  HandOverIfMany();
  gate_.OnConnectionEnd(slot, tracker_.table()[slot], cause, time, now_);
}

void Sensor::OnConnectionEnd(uint32_t slot, uint64_t uid, SessionEnd cause, PacketTime time) {
  batch_.Add(stream::ConnectionClosed{.slot = slot, .uid = uid, .cause = cause, .time = time});
  HandOverIfMany();
}

void Sensor::OnSession(const SessionRecord& session, uint64_t uid, bool is_last) {
  stream::SessionSeen& seen = batch_.Next<stream::SessionSeen>();
  seen.uid = uid;
  seen.is_last = is_last;
  seen.record = session;
  HandOverIfMany();
}

void Sensor::OnOnset(const timing::Onset& onset) {
  batch_.Add(onset);
  HandOverIfMany();
}

void Sensor::OnConnectionForgotten(uint32_t slot, const connections::Connection&,
                                   connections::EndCause cause, PacketTime) {
  if (records_sessions_) sessions_.OnConnectionForgotten(slot, cause);
}

void Sensor::PrefetchRecord(size_t i, const Segment& segment) {
  Ahead& ahead = ahead_[i];
  ahead.slot = tracker_.table().PrefetchRecord(ahead.hash, segment.payload_bytes > 0);
  if (!ahead.slot.has_value()) return;
  if (records_sessions_) sessions_.Prefetch(*ahead.slot);
}

// What the record itself tells of: it has come by now.
void Sensor::PrefetchRest(size_t i, const Segment& segment) const {
  const Ahead& ahead = ahead_[i];
  if (!ahead.slot.has_value()) return;
  const uint32_t slot = *ahead.slot;
  const uint8_t flow = ahead.place.flow;
  if (records_sessions_) sessions_.PrefetchRest(slot, flow, segment);
  if (segment.payload_bytes == 0) return;
  activity_.Prefetch(tracker_.table()[slot], flow);
}

}  // namespace cairn
