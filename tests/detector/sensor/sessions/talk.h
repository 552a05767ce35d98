// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_DETECTOR_SENSOR_SESSIONS_TALK_H_
#define CAIRN_TESTS_DETECTOR_SENSOR_SESSIONS_TALK_H_

#include <cstdint>
#include <vector>

#include "capture/segment.h"
#include "detector/findings/session_record.h"
#include "detector/options.h"
#include "tests/support/segment_builder.h"

namespace cairn::testing {

// A conversation segment by segment, each a millisecond after the one before unless told otherwise.
// Sequence numbers are given relative to each side's initial one: its SYN has 0, its first byte 1.
class Conversation {
 public:
  Conversation(Endpoint client, Endpoint server, uint32_t client_isn = 1000,
               uint32_t server_isn = 5000)
      : client_(client), server_(server), client_isn_(client_isn), server_isn_(server_isn) {}

  Conversation& Client(uint8_t flags, uint32_t seq, uint32_t bytes = 0, uint32_t ack = 0) {
    return Add(true, flags, seq, bytes, ack);
  }
  Conversation& Server(uint8_t flags, uint32_t seq, uint32_t bytes = 0, uint32_t ack = 0) {
    return Add(false, flags, seq, bytes, ack);
  }
  // SYN, SYN-ACK, ACK.
  Conversation& Shake();
  // FIN and ACK by the client, then by the server, behind so many bytes of each.
  Conversation& Close(uint32_t client_bytes, uint32_t server_bytes);
  // The next segment comes at this time.
  Conversation& At(PacketTime time) {
    time_ = time;
    return *this;
  }
  // Details of the segment added last.
  SegmentDetails& details() { return segments_.back().details; }

  const std::vector<Segment>& segments() const { return segments_; }

 private:
  Conversation& Add(bool by_client, uint8_t flags, uint32_t seq, uint32_t bytes, uint32_t ack);

  Endpoint client_;
  Endpoint server_;
  uint32_t client_isn_;
  uint32_t server_isn_;
  PacketTime time_ = Ms(0);
  std::vector<Segment> segments_;
};

inline Endpoint ClientEnd() { return At("192.0.2.7", 40000); }
inline Endpoint ServerEnd() { return At("198.51.100.9", 80); }

// All segments of the talks, by time.
std::vector<Segment> Together(const std::vector<Conversation>& talks);

DetectorOptions WithSessions(DetectorOptions options = {});
// The records of these segments, in the order in which they are written.
std::vector<SessionRecord> Records(const std::vector<Segment>& segments,
                                   const DetectorOptions& options = WithSessions());
// Of segments that make one session.
SessionRecord OneRecord(const Conversation& talk, const DetectorOptions& options = WithSessions());

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_DETECTOR_SENSOR_SESSIONS_TALK_H_
