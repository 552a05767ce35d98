// SPDX-License-Identifier: BSD-3-Clause
#include "tests/detector/sensor/sessions/talk.h"

#include <algorithm>

#include "catch2/catch.hpp"

namespace cairn::testing {

Conversation& Conversation::Add(bool by_client, uint8_t flags, uint32_t seq, uint32_t bytes,
                                uint32_t ack) {
  Segment segment;
  segment.time = time_;
  time_ = time_ + Millis(1);
  const Endpoint& from = by_client ? client_ : server_;
  const Endpoint& to = by_client ? server_ : client_;
  segment.src = from.ip;
  segment.src_port = from.port;
  segment.dst = to.ip;
  segment.dst_port = to.port;
  segment.seq = (by_client ? client_isn_ : server_isn_) + seq;
  segment.ack = (flags & kAck) == 0 ? 0 : (by_client ? server_isn_ : client_isn_) + ack;
  segment.flags = flags;
  segment.payload_bytes = bytes;
  segments_.push_back(segment);
  return *this;
}

Conversation& Conversation::Shake() {
  return Client(kSyn, 0).Server(kSyn | kAck, 0, 0, 1).Client(kAck, 1, 0, 1);
}

Conversation& Conversation::Close(uint32_t client_bytes, uint32_t server_bytes) {
  return Client(kFin | kAck, client_bytes + 1, 0, server_bytes + 1)
      .Server(kFin | kAck, server_bytes + 1, 0, client_bytes + 2)
      .Client(kAck, client_bytes + 2, 0, server_bytes + 2);
}

std::vector<Segment> Together(const std::vector<Conversation>& talks) {
  std::vector<Segment> all;
  for (const Conversation& talk : talks) {
    all.insert(all.end(), talk.segments().begin(), talk.segments().end());
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Segment& a, const Segment& b) { return a.time < b.time; });
  return all;
}

DetectorOptions WithSessions(DetectorOptions options) {
  options.sessions.enabled = true;
  return options;
}

std::vector<SessionRecord> Records(const std::vector<Segment>& segments,
                                   const DetectorOptions& options) {
  return Detect(options, segments).sessions;
}

SessionRecord OneRecord(const Conversation& talk, const DetectorOptions& options) {
  const std::vector<SessionRecord> records = Records(talk.segments(), options);
  REQUIRE(records.size() == 1);
  return records.front();
}

}  // namespace cairn::testing
