// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/event_batch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/correlator/stream_correlator.h"
#include "detector/sensor/sensor.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file
using stream::EventBatch;

std::string KindOf(const timing::Onset& onset) { return "onset" + std::to_string(onset.uid); }
std::string KindOf(const stream::Tick& tick) { return "tick" + std::to_string(tick.packets_lost); }
std::string KindOf(const stream::SessionSeen& seen) { return "session" + seen.record.history; }
template <typename Other>
std::string KindOf(const Other&) {
  return "other";
}

std::vector<std::string> KindsOf(const EventBatch& batch) {
  std::vector<std::string> kinds;
  batch.ForEach([&](const auto& event) { kinds.push_back(KindOf(event)); });
  return kinds;
}

TEST_CASE("Events come out of a batch in the order in which they went in, whatever their kinds") {
  EventBatch batch;
  CHECK(batch.empty());
  timing::Onset onset;
  for (const uint64_t number : {uint64_t{1}, uint64_t{2}}) {
    onset.uid = number;
    batch.Add(onset);
    batch.Add(stream::Tick{.time = Ms(1), .packets_lost = number});
  }
  batch.Add(stream::HostsParted{});
  batch.Next<stream::SessionSeen>().record.history = "ShAd";
  CHECK(batch.size() == 6);
  CHECK(KindsOf(batch) ==
        std::vector<std::string>{"onset1", "tick1", "onset2", "tick2", "other", "sessionShAd"});
  CHECK(batch.At<timing::Onset>(1)->uid == 2);
  CHECK(batch.At<timing::Onset>(2) == nullptr);
}

TEST_CASE("A batch that was cleared holds nothing of before") {
  EventBatch batch;
  batch.Add(stream::Tick{.time = Ms(1), .packets_lost = 7});
  batch.Add(timing::Onset{});
  batch.Clear();
  CHECK(batch.empty());
  CHECK(KindsOf(batch).empty());
  CHECK(batch.At<timing::Onset>(0) == nullptr);
  batch.Add(stream::Tick{.time = Ms(2), .packets_lost = 8});
  CHECK(KindsOf(batch) == std::vector<std::string>{"tick8"});
}

// Keeps a whole stream.
class Kept : public stream::StreamSink {
 public:
  void Take(EventBatch& batch) override {
    batch.ForEach([this](const auto& event) { all.Add(event); });
  }
  EventBatch all;
};

class Told : public EventSink {
 public:
  absl::Status Write(const Event& event) override {
    lines.push_back(Describe(event));
    return absl::OkStatus();
  }
  absl::Status WriteSession(const SessionRecord& session) override {
    std::string line = session.history;
    for (const std::string& alert : session.alerts) line += ' ' + alert;
    lines.push_back(line);
    return absl::OkStatus();
  }
  std::vector<std::string> lines;
};

std::vector<std::string> Correlate(const EventBatch& all, size_t together, PacketTime end) {
  Told told;
  StreamCorrelator correlator({.names_sessions = true}, told);
  EventBatch batch;
  all.ForEach([&](const auto& event) {
    batch.Add(event);
    if (batch.size() < together) return;
    correlator.Take(batch);
    batch.Clear();
  });
  correlator.Take(batch);
  correlator.Finish(end);
  CHECK(correlator.status().ok());
  return told.lines;
}

TEST_CASE("What is found does not depend on how a stream is cut, nor on who sensed it when") {
  TraceBuilder trace;
  for (uint32_t i = 0; i < 12; ++i) {
    const IpAddress stone = IpAddress::FromV4(0x0a000100U + i);
    const auto up = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, {stone, 22}, Ms(i));
    const auto down = trace.Open({stone, 30000}, At("203.0.113.2", 22), Ms(100 + i));
    Relay(trace, up, down, Typing(i, 40, Ms(1000)));
    trace.Close(up, Ms(90'000));
  }
  Kept kept;
  Sensor sensor({.sessions = {.enabled = true}}, kept);
  sensor.Process(trace.Build());
  sensor.EndAll();
  const std::vector<std::string> once = Correlate(kept.all, kept.all.size(), sensor.now());
  CHECK(once.size() >= 12 + 24);  // pairs and sessions
  for (const size_t together : {size_t{1}, size_t{2}, size_t{7}, size_t{1000}}) {
    CHECK(Correlate(kept.all, together, sensor.now()) == once);
  }
}

TEST_CASE("Without session records nobody keeps which alerts name a connection") {
  stream::SessionSeen seen;
  ConnectionSummary connection;
  connection.uid = 7;
  for (const bool names : {false, true}) {
    Told told;
    StreamCorrelator correlator({.names_sessions = names}, told);
    correlator.On(stream::InsertionSeen{.connection = connection, .segments = 16, .time = Ms(1)});
    seen.uid = connection.uid;
    seen.is_last = true;
    seen.record.history = "S";
    correlator.On(seen);
    REQUIRE(told.lines.size() == 2);
    CHECK((told.lines[1] != "S") == names);
  }
}

class LargestBatch : public stream::StreamSink {
 public:
  void Take(EventBatch& batch) override {
    most = std::max(most, batch.size());
    all += batch.size();
  }
  size_t most = 0;
  size_t all = 0;
};

TEST_CASE("A whole table that ends or times out at once does not come in one batch") {
  TraceBuilder trace;
  for (uint32_t i = 0; i < 20'000; ++i) {
    trace.Open({IpAddress::FromV4(0xc6330000U + i), 40000}, At("10.0.0.1", 22), Ms(i));
  }
  const bool times_out = GENERATE(false, true);
  const bool records = GENERATE(false, true);
  LargestBatch sink;
  Sensor sensor({.sessions = {.enabled = records}}, sink);
  sensor.Process(trace.Build());
  if (times_out) sensor.AdvanceTo(Ms(0) + PacketDelta::FromSeconds(1'000'000));
  sensor.EndAll();
  CHECK(sink.all >= (records ? 40'000U : 20'000U));  // parted, recorded
  CHECK(sink.most <= 2'000);
}

}  // namespace
}  // namespace cairn
