// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_SEGMENT_BUILDER_H_
#define CAIRN_TESTS_SUPPORT_SEGMENT_BUILDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "capture/segment.h"
#include "detector/detector.h"
#include "detector/findings/event.h"
#include "detector/options.h"

// Traffic for the detector's tests, segment by segment, with times that a reader can check by hand.
namespace cairn::testing {

// "192.0.2.1", 22.
Endpoint At(std::string_view ip, uint16_t port);

// Milliseconds (microseconds) after the moment at which all test traffic begins.
PacketTime Ms(int64_t milliseconds);
PacketTime Us(int64_t microseconds);
inline PacketDelta Millis(int64_t milliseconds) {
  return PacketDelta::FromMilliseconds(milliseconds);
}

// Who sends, seen from a connection.
enum class From : uint8_t { kClient, kServer };

// Conversations with right sequence numbers.  Segments may be added in any order: Build() sorts
// them by time, keeps the order of adding among equal times, and numbers them.
class TraceBuilder {
 public:
  using Connection = size_t;

  // A connection with its handshake: SYN at `start`, SYN-ACK and ACK each a round trip later.
  Connection Open(Endpoint client, Endpoint server, PacketTime start,
                  PacketDelta to_server = PacketDelta::FromMilliseconds(1),
                  PacketDelta to_client = PacketDelta::FromMilliseconds(1));
  // One whose beginning the capture does not hold.
  Connection MidStream(Endpoint client, Endpoint server);

  // New data.
  TraceBuilder& Data(Connection connection, From from, PacketTime time, uint32_t bytes = 48);
  TraceBuilder& Key(Connection connection, PacketTime time) {
    return Data(connection, From::kClient, time);
  }
  TraceBuilder& Echo(Connection connection, PacketTime time) {
    return Data(connection, From::kServer, time);
  }
  TraceBuilder& Ack(Connection connection, From from, PacketTime time);
  // The flow's newest data once more.
  TraceBuilder& Retransmit(Connection connection, From from, PacketTime time);
  // A probe: `bytes` (0 or 1) of garbage one below the next sequence number.
  TraceBuilder& KeepAlive(Connection connection, From from, PacketTime time, uint32_t bytes);
  TraceBuilder& Fin(Connection connection, From from, PacketTime time, uint32_t bytes = 0);
  TraceBuilder& Rst(Connection connection, From from, PacketTime time);
  // FIN both ways.
  TraceBuilder& Close(Connection connection, PacketTime time);

  // The next data segment is lost before it reaches the capture (its numbers are used up).
  TraceBuilder& LoseNext(Connection connection, From from);
  // Leaves one direction out of the capture from now on.
  TraceBuilder& Hide(Connection connection, From from);
  TraceBuilder& Add(const Segment& segment);

  std::vector<Segment> Build() const;

 private:
  enum class Kind : uint8_t { kOrdinary, kRetransmission, kKeepAlive, kByHand };
  struct Planned {
    Segment segment;  // sequence and acknowledgement numbers are filled in by Build()
    Connection connection = 0;
    From from = From::kClient;
    Kind kind = Kind::kByHand;
    bool captured = true;
  };
  struct Talk {
    Endpoint client;
    Endpoint server;
    std::array<bool, 2> hidden{};
    std::array<bool, 2> lose_next{};
  };

  TraceBuilder& Plan(Connection connection, From from, PacketTime time, uint8_t flags,
                     uint32_t bytes, Kind kind = Kind::kOrdinary);

  std::vector<Talk> talks_;
  std::vector<Planned> planned_;
};

// Moments at which a person types: gaps from `shortest` to `longest`, irregular, the same for the
// same seed.
std::vector<PacketTime> Typing(uint64_t seed, size_t count, PacketTime start,
                               PacketDelta shortest = PacketDelta::FromMilliseconds(700),
                               PacketDelta longest = PacketDelta::FromMilliseconds(3000));

// How a keystroke travels through a stepping stone, from the capture's point of view.
struct RelayDelays {
  PacketDelta forward = PacketDelta::FromMilliseconds(4);      // upstream to downstream
  PacketDelta round_trip = PacketDelta::FromMilliseconds(30);  // downstream key to downstream echo
  PacketDelta backward = PacketDelta::FromMilliseconds(3);     // downstream echo to upstream echo
  // Who types: the client of the upstream connection; or, in a reverse tunnel, its server.
  From upstream_typist = From::kClient;
  From downstream_typist = From::kClient;
};

// Keystrokes on `upstream` that go on through `downstream`, and their echoes.
void Relay(TraceBuilder& trace, TraceBuilder::Connection upstream,
           TraceBuilder::Connection downstream, const std::vector<PacketTime>& keys,
           const RelayDelays& delays = {});

// Keystrokes and echoes that stay on one connection.
void Talk(TraceBuilder& trace, TraceBuilder::Connection connection,
          const std::vector<PacketTime>& keys,
          PacketDelta round_trip = PacketDelta::FromMilliseconds(20));

// Keeps every event.
class EventRecorder : public EventSink {
 public:
  absl::Status Write(const Event& event) override;
  absl::Status WriteScore(const HostScore& score) override;
  absl::Status WriteSession(const SessionRecord& session) override;

  template <typename Kind>
  std::vector<Kind> All() const {
    std::vector<Kind> found;
    for (const Event& event : events) {
      if (const auto* match = std::get_if<Kind>(&event)) found.push_back(*match);
    }
    return found;
  }

  std::vector<Event> events;
  std::vector<HostScore> scores;
  std::vector<SessionRecord> sessions;
};

// What a detector makes of a trace.
struct Outcome {
  std::vector<Event> events;
  std::vector<SteppingStone> pairs;
  std::vector<SteppingStoneEnd> ends;
  std::vector<MessageRelay> message_relays;
  std::vector<Unjudged> unjudged;
  std::vector<RelayNode> relay_nodes;
  std::vector<HostScore> host_scores;
  std::vector<SessionRecord> sessions;
  std::vector<Exposure> exposures;
  std::vector<ChainUpdate> chains;
  DetectorCounters counters;
};
Outcome Detect(const DetectorOptions& options, const std::vector<Segment>& segments,
               size_t batch = 256);

// All that an event says, one line: two events are equal when their lines are.
std::string Describe(const Event& event);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_SEGMENT_BUILDER_H_
