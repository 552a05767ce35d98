// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/activity/activity_recorder.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/sensor/sensor.h"
#include "tests/support/event_tap.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file
using stream::FlowSecond;

class Seconds : public testing::EventTap {
 public:
  void OnSecond(const FlowSecond& second) override { seconds.push_back(second); }
  void OnClosed(const stream::ConnectionClosed& /*closed*/) override {
    told_before_end = seconds.size();
  }

  std::vector<FlowSecond> seconds;
  size_t told_before_end = 0;
};

std::vector<FlowSecond> SecondsOf(const TraceBuilder& trace, bool tells = true) {
  Seconds sink;
  Sensor sensor({.tells_seconds = tells}, sink);
  sensor.Process(trace.Build());
  sensor.EndAll();
  return sink.seconds;
}

const Endpoint kWriter = At("198.51.100.7", 48224);
const Endpoint kReader = At("10.0.0.15", 22);

unsigned SegmentsOf(const FlowSecond& second) {
  return std::accumulate(second.segments.begin(), second.segments.end(), 0U);
}

TEST_CASE("A flow is told of once for each second in which it sends new data") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  trace.Key(c, Ms(0)).Key(c, Ms(20)).Key(c, Ms(24)).Key(c, Ms(25)).Key(c, Ms(999));
  trace.Key(c, Ms(1'130)).Key(c, Ms(4'100));
  const std::vector<FlowSecond> told = SecondsOf(trace);
  REQUIRE(told.size() == 3);
  CHECK(told[0].begin() == Ms(0));
  CHECK(told[0].marks == (uint64_t{1} | uint64_t{1} << 1U | uint64_t{1} << 39U));
  CHECK(told[0].segments == std::array<uint8_t, 10>{4, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  CHECK_FALSE(told[0].previous.IsSet());
  CHECK(told[1].begin() == Ms(1'000));
  CHECK(told[1].marks == uint64_t{1} << 5U);
  CHECK(told[1].mark_time(5) == Ms(1'125));
  CHECK(told[1].previous == Ms(999));
  CHECK(told[2].previous == Ms(1'130));
  CHECK(told[0].flow.Summary().orig == kWriter);
  CHECK(told[0].flow.Summary().resp == kReader);
  CHECK(told[0].flow.source() == kWriter.ip);
}

TEST_CASE("Each flow is counted for itself; retransmissions and acknowledgements are not") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  trace.Key(c, Ms(0)).Echo(c, Ms(1)).Ack(c, From::kClient, Ms(40));
  trace.Retransmit(c, From::kClient, Ms(60)).KeepAlive(c, From::kClient, Ms(80), 1);
  const std::vector<FlowSecond> told = SecondsOf(trace);
  REQUIRE(told.size() == 2);
  CHECK(told[0].flow.flow != told[1].flow.flow);
  CHECK(SegmentsOf(told[0]) == 1);
  CHECK(SegmentsOf(told[1]) == 1);
}

TEST_CASE("A second says whether the other flow has sent data, too") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  trace.Key(c, Ms(100)).Key(c, Ms(1'200)).Echo(c, Ms(2'300)).Key(c, Ms(2'400));
  const std::vector<FlowSecond> told = SecondsOf(trace);
  REQUIRE(told.size() == 4);
  CHECK_FALSE(told[0].answered);
  CHECK_FALSE(told[1].answered);
  CHECK(told[2].answered);
  CHECK(told[3].answered);
}

TEST_CASE("What a connection sent in its last second is told before its end") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  trace.Key(c, Ms(100)).Echo(c, Ms(130)).Close(c, Ms(200));
  // Another goes on, and tells when the second is over.
  const auto other = trace.Open(At("198.51.100.8", 40000), kReader, Ms(50));
  trace.Key(other, Ms(300)).Key(other, Ms(1'500));
  Seconds sink;
  Sensor sensor({}, sink);
  sensor.Process(trace.Build());
  CHECK(sink.told_before_end == 2);
  CHECK(sink.seconds.size() == 3);
  sensor.EndAll();
  CHECK(sink.seconds.size() == 4);
}

TEST_CASE("A place in the table that passes to another connection within the second is two flows") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  trace.Key(c, Ms(100)).Rst(c, From::kServer, Ms(110));
  SensorOptions options;
  options.connections.max_connections = 1;
  const auto next = trace.Open(At("198.51.100.8", 40000), kReader, Ms(150));
  trace.Key(next, Ms(300)).Key(next, Ms(400));
  Seconds sink;
  Sensor sensor(options, sink);
  sensor.Process(trace.Build());
  sensor.EndAll();
  REQUIRE(sink.seconds.size() == 2);
  CHECK(sink.seconds[0].flow.Summary().orig == kWriter);
  CHECK(SegmentsOf(sink.seconds[0]) == 1);
  CHECK(SegmentsOf(sink.seconds[1]) == 2);
}

TEST_CASE("A count stays at the most it can tell") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  for (int64_t i = 0; i < 400; ++i) trace.Key(c, Ms(0) + PacketDelta::FromMicroseconds(i * 100));
  const std::vector<FlowSecond> told = SecondsOf(trace);
  REQUIRE(told.size() == 1);
  CHECK(told[0].segments[0] == 255);
}

TEST_CASE("What a flow sends by its own clock is left out, what comes between is not") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  for (int64_t beat = 0; beat < 100; ++beat) trace.Key(c, Ms(beat * 3000));
  const size_t until_known = SecondsOf(trace).size();
  CHECK(until_known < 10);
  trace.Key(c, Ms(300'500)).Key(c, Ms(301'900)).Key(c, Ms(302'950));
  CHECK(SecondsOf(trace).size() > until_known);
}

TEST_CASE("A sensor that is asked for none tells none") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  for (int64_t ms = 0; ms < 60'000; ms += 100) trace.Key(c, Ms(ms));
  CHECK(SecondsOf(trace, false).empty());
}

TEST_CASE("Flows that find no room in a second are counted, and have room in the next") {
  connections::ConnectionTable table(10);
  activity::ActivityRecorder recorder(true, table, /*most=*/2);
  std::vector<uint32_t> slots;
  for (uint16_t port = 1; port <= 3; ++port) {
    const connections::ConnectionKey key{.ip = {kWriter.ip, kReader.ip}, .port = {port, 22}};
    slots.push_back(table.Insert(key, table.Hash(key)));
  }
  std::vector<FlowSecond> told;
  const auto next = [&]() -> FlowSecond& { return told.emplace_back(); };
  recorder.AdvanceTo(Ms(0), next);
  for (const uint32_t slot : slots) recorder.OnNewData(table[slot], slot, 0, Ms(10), {});
  CHECK(recorder.left_out() == 1);
  recorder.AdvanceTo(Ms(1'000), next);
  CHECK(told.size() == 2);
  recorder.OnNewData(table[slots[2]], slots[2], 0, Ms(1'010), {});
  recorder.TellAll(next);
  CHECK(told.size() == 3);
  CHECK(recorder.left_out() == 1);
}

// The initiative after pauses of `gap_ms` that were ended by these, one after the other.
unsigned InitiativeAfter(const std::vector<From>& enders, int64_t gap_ms) {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  int64_t ms = 0;
  trace.Key(c, Ms(ms)).Echo(c, Ms(ms + 5));
  for (size_t i = 0; i < enders.size(); ++i) {
    ms += gap_ms + 5 + 90 * static_cast<int64_t>(i % 7);  // by no clock
    const From other = enders[i] == From::kClient ? From::kServer : From::kClient;
    trace.Data(c, enders[i], Ms(ms));
    ms += 5;
    trace.Data(c, other, Ms(ms));
  }
  return SecondsOf(trace).back().initiative;
}

TEST_CASE("Who ends the pauses has the initiative") {
  CHECK(InitiativeAfter({}, 1000) == 2);
  CHECK(InitiativeAfter({From::kServer, From::kServer, From::kServer}, 1000) == 5);
  CHECK(InitiativeAfter({From::kServer, From::kServer, From::kServer}, 300) == 2);
  CHECK(InitiativeAfter({From::kServer, From::kClient, From::kServer}, 1000) == 3);
  CHECK(InitiativeAfter(std::vector<From>(20, From::kServer), 1000) == 7);
  CHECK(InitiativeAfter(std::vector<From>(20, From::kClient), 1000) == 0);
}

}  // namespace
}  // namespace cairn
