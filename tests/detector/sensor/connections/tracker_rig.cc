// SPDX-License-Identifier: BSD-3-Clause
#include "tests/detector/sensor/connections/tracker_rig.h"

#include <algorithm>

#include "catch2/catch.hpp"

namespace cairn::connections {

std::optional<uint32_t> TrackerRig::Feed(const Segment& segment) {
  tracker_.ExpireUntil(segment.time);
  const SegmentPlace place = PlaceOf(segment);
  const auto observed = tracker_.Observe(segment, place, tracker_.table().Hash(place.key));
  if (!observed.has_value()) return std::nullopt;
  const uint64_t uid = tracker_.table()[observed->slot].uid;
  if (uid != 0 && Number(uid) == 0) uids_.push_back(uid);
  return observed->new_bytes;
}

std::vector<int64_t> TrackerRig::Feed(const testing::TraceBuilder& trace) {
  std::vector<int64_t> new_bytes;
  for (const Segment& segment : trace.Build()) {
    const std::optional<uint32_t> bytes = Feed(segment);
    new_bytes.push_back(bytes.has_value() ? static_cast<int64_t>(*bytes) : -1);
  }
  return new_bytes;
}

const Connection* TrackerRig::Find(const Endpoint& a, const Endpoint& b) const {
  Segment segment;
  segment.src = a.ip;
  segment.src_port = a.port;
  segment.dst = b.ip;
  segment.dst_port = b.port;
  const ConnectionKey key = PlaceOf(segment).key;
  const auto slot = tracker_.table().Find(key, tracker_.table().Hash(key));
  return slot.has_value() ? &tracker_.table()[*slot] : nullptr;
}

ConnectionSummary TrackerRig::Summary(const Endpoint& a, const Endpoint& b) const {
  const Connection* connection = Find(a, b);
  REQUIRE(connection != nullptr);
  ConnectionSummary summary = connection->Summary();
  summary.uid = Number(summary.uid);
  return summary;
}

uint64_t TrackerRig::Number(uint64_t uid) const {
  const auto found = std::find(uids_.begin(), uids_.end(), uid);
  return found == uids_.end() ? 0 : static_cast<uint64_t>(found - uids_.begin()) + 1;
}

bool TrackerRig::IsOpen(const Endpoint& a, const Endpoint& b) const {
  const Connection* connection = Find(a, b);
  return connection != nullptr && connection->open;
}

void TrackerRig::OnConnectionEnd(uint32_t /*slot*/, const Connection& connection, EndCause cause,
                                 PacketTime time) {
  ends_.push_back({Number(connection.uid), std::string(SessionEndName(cause)), time});
}

Segment Tcp(const Endpoint& from, const Endpoint& to, PacketTime time, uint8_t flags, uint32_t seq,
            uint32_t bytes, uint32_t ack) {
  Segment segment;
  segment.time = time;
  segment.src = from.ip;
  segment.src_port = from.port;
  segment.dst = to.ip;
  segment.dst_port = to.port;
  segment.flags = flags;
  segment.seq = seq;
  segment.payload_bytes = bytes;
  segment.ack = ack;
  return segment;
}

}  // namespace cairn::connections
