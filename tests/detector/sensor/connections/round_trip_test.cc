// SPDX-License-Identifier: BSD-3-Clause
// The least round trip from the capture point to each end of a connection.
#include "detector/sensor/connections/round_trip.h"

#include "catch2/catch.hpp"

#include "detector/sensor/sensor.h"
#include "tests/support/event_tap.h"
#include "tests/support/segment_builder.h"

namespace cairn::testing {
namespace {

using connections::RoundTrip;

const Endpoint kClientEnd = At("198.51.100.7", 48224);
const Endpoint kServerEnd = At("10.0.0.15", 22);

PacketDelta Micros(int64_t microseconds) {
  return PacketDelta::FromNanoseconds(microseconds * 1000);
}

TEST_CASE("a round trip is kept to within a tenth, and never too long") {
  for (int64_t microseconds = 1; microseconds < 3'000'000'000;
       microseconds += microseconds / 7 + 1) {
    RoundTrip round_trip;
    round_trip.Offer(Micros(microseconds));
    REQUIRE(round_trip.Least().has_value());
    INFO(microseconds << " us");
    CHECK(*round_trip.Least() <= Micros(microseconds));
    CHECK(round_trip.Least()->ToNanoseconds() >= microseconds * 900);
  }
}

TEST_CASE("the least round trip counts, in whatever order samples come") {
  RoundTrip round_trip;
  CHECK_FALSE(round_trip.Least().has_value());
  for (const int64_t ms : {300, 120, 500, 130}) round_trip.Offer(Millis(ms));
  CHECK(*round_trip.Least() <= Millis(120));
  CHECK(*round_trip.Least() >= Millis(109));
}

TEST_CASE("what no clock can have measured is no sample") {
  RoundTrip round_trip;
  round_trip.Offer(PacketDelta::Zero());
  round_trip.Offer(PacketDelta::Zero() - Millis(5));
  CHECK_FALSE(round_trip.Least().has_value());
  round_trip.Offer(PacketDelta::FromNanoseconds(100));  // below the finest step
  CHECK(round_trip.Least() == Micros(1));
  RoundTrip longest;
  longest.Offer(PacketDelta::FromSeconds(100'000));
  CHECK(*longest.Least() > PacketDelta::FromSeconds(3000));
}

// What the detector knew of `onset`'s connection when it saw the onset.
class LastOnset : public testing::EventTap {
 public:
  void OnOnset(const timing::Onset& onset) override { last = onset; }
  // What of the round trip to the client, or to the server, counts: three quarters.
  PacketDelta To(From from) const {
    const unsigned client = last.originator_side;
    return last.far_trip[from == From::kClient ? client : 1U - client];
  }

  timing::Onset last;
};

LastOnset Sense(const TraceBuilder& trace) {
  LastOnset sink;
  const DetectorOptions options;
  Sensor sensor({.connections = options.connections, .timing = options.timing}, sink);
  const std::vector<Segment> segments = trace.Build();
  sensor.Process(segments);
  return sink;
}

bool IsAbout(PacketDelta far_trip, int64_t ms) {
  return far_trip <= Millis(ms * 3 / 4) &&
         far_trip.ToNanoseconds() * 10 >= Millis(ms).ToNanoseconds() * 3 / 4 * 9;
}

TEST_CASE("the handshake tells both round trips") {
  TraceBuilder trace;
  const auto connection = trace.Open(kClientEnd, kServerEnd, Ms(0), Millis(200), Millis(40));
  trace.Key(connection, Ms(900));
  const LastOnset sink = Sense(trace);
  CHECK(IsAbout(sink.To(From::kServer), 200));
  CHECK(IsAbout(sink.To(From::kClient), 40));
}

TEST_CASE("a capture that holds every packet twice measures as any other") {
  TraceBuilder trace;
  const auto connection = trace.Open(kClientEnd, kServerEnd, Ms(0), Millis(200), Millis(40));
  trace.Key(connection, Ms(900));
  for (const Segment& segment : trace.Build()) {
    Segment copy = segment;
    copy.time = copy.time + Micros(3);
    trace.Add(copy);
  }
  const LastOnset sink = Sense(trace);
  CHECK(IsAbout(sink.To(From::kServer), 200));
  CHECK(IsAbout(sink.To(From::kClient), 40));
}

TEST_CASE("a handshake that took too long is corrected by data") {
  TraceBuilder trace;
  const auto connection = trace.Open(kClientEnd, kServerEnd, Ms(0), Millis(1200), Millis(40));
  trace.Key(connection, Ms(2000)).Ack(connection, From::kServer, Ms(2200));
  trace.Key(connection, Ms(9000));
  CHECK(IsAbout(Sense(trace).To(From::kServer), 200));
}

TEST_CASE("a near host's round trip does not count") {
  TraceBuilder trace;
  const auto connection = trace.Open(kClientEnd, kServerEnd, Ms(0));  // 1 ms each way
  trace.Key(connection, Ms(900));
  const LastOnset sink = Sense(trace);
  CHECK(sink.To(From::kServer) == PacketDelta::Zero());
  CHECK(sink.To(From::kClient) == PacketDelta::Zero());
}

TEST_CASE(
    "data and their acknowledgements shorten what the handshake told, and never lengthen it") {
  TraceBuilder trace;
  const auto connection = trace.Open(kClientEnd, kServerEnd, Ms(-3000), Millis(90), Millis(50));
  trace.Key(connection, Ms(0)).Echo(connection, Ms(80));
  trace.Ack(connection, From::kClient, Ms(110));
  trace.Key(connection, Ms(2000)).Ack(connection, From::kServer, Ms(2060));  // an emptier path
  trace.Key(connection, Ms(4000)).Echo(connection, Ms(4200));                // a busy host
  trace.Key(connection, Ms(9000));
  const LastOnset sink = Sense(trace);
  CHECK(IsAbout(sink.To(From::kServer), 60));
  CHECK(IsAbout(sink.To(From::kClient), 30));
}

TEST_CASE("acknowledgements alone tell nothing: all of them may be delayed") {
  TraceBuilder trace;
  const auto connection = trace.MidStream(kClientEnd, kServerEnd);
  for (int64_t ms = 0; ms < 9000; ms += 1500) {
    trace.Key(connection, Ms(ms)).Ack(connection, From::kServer, Ms(ms + 40));
    trace.Echo(connection, Ms(ms + 90)).Ack(connection, From::kClient, Ms(ms + 130));
  }
  const LastOnset sink = Sense(trace);
  CHECK(sink.To(From::kServer) == PacketDelta::Zero());
  CHECK(sink.To(From::kClient) == PacketDelta::Zero());
}

TEST_CASE("a repeated segment's acknowledgement does not shorten the round trip") {
  TraceBuilder trace;
  const auto connection = trace.Open(kClientEnd, kServerEnd, Ms(-3000), Millis(700), Millis(50));
  trace.Key(connection, Ms(1000)).Retransmit(connection, From::kClient, Ms(1300));
  trace.Ack(connection, From::kServer, Ms(1310));  // 10 ms after the repetition
  trace.Key(connection, Ms(5000));
  CHECK(IsAbout(Sense(trace).To(From::kServer), 310));
}

TEST_CASE("where one direction is captured no round trip is known") {
  TraceBuilder trace;
  const auto connection = trace.MidStream(kClientEnd, kServerEnd);
  trace.Hide(connection, From::kServer);
  trace.Key(connection, Ms(0)).Echo(connection, Ms(80)).Key(connection, Ms(2000));
  const LastOnset sink = Sense(trace);
  CHECK(sink.To(From::kServer) == PacketDelta::Zero());
  CHECK(sink.To(From::kClient) == PacketDelta::Zero());
}

}  // namespace
}  // namespace cairn::testing
