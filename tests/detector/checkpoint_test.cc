// SPDX-License-Identifier: BSD-3-Clause
// A run that was cut in two, and resumed, against one run.
#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/detector.h"
#include "tests/support/resumed_runs.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

constexpr size_t kChains = 12;

// People who go on through stones of their own, one after the other; every third from one stone on
// to a second.
std::vector<Segment> People() {
  TraceBuilder trace;
  for (uint32_t i = 0; i < kChains; ++i) {
    const IpAddress stone = IpAddress::FromV4(0x0a000100U + i);
    const int64_t start = i * 20'000;
    const auto up = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, {stone, 22}, Ms(start));
    const auto down =
        trace.Open({stone, 50'000}, {IpAddress::FromV4(0xcb007200U + i), 22}, Ms(start + 100));
    const std::vector<PacketTime> keys = Typing(i, 120, Ms(start + 1000));
    Relay(trace, up, down, keys);
    if (i % 3 == 0) {
      const auto second =
          trace.Open({stone, 50'001}, {IpAddress::FromV4(0xcb007300U + i), 22}, Ms(start + 90'000));
      Relay(trace, up, second, Typing(100 + i, 60, keys.back() + Millis(2000)));
    }
    if (i % 2 == 0) trace.Close(up, Ms(start + 400'000)).Close(down, Ms(start + 400'010));
  }
  return trace.Build();
}

std::vector<std::string> Lines(const std::vector<Event>& events) {
  std::vector<std::string> lines;
  for (const Event& event : events) {
    // Their windows begin anew (docs/checkpoint.md).
    if (!std::holds_alternative<RelayNode>(event)) lines.push_back(Describe(event));
  }
  return lines;
}

std::set<std::string> StoneIds(const std::vector<Event>& events) {
  std::set<std::string> ids;
  for (const Event& event : events) {
    const auto* stone = std::get_if<SteppingStone>(&event);
    if (stone != nullptr) CHECK((stone->revision > 1 || ids.insert(stone->alert_id).second));
  }
  return ids;
}

DetectorOptions Plain() {
  DetectorOptions options;
  options.relays.enabled = false;
  return options;
}

// Where a moment lies in the trace.
size_t PlaceOf(const std::vector<Segment>& segments, PacketTime time) {
  return static_cast<size_t>(
      std::partition_point(segments.begin(), segments.end(),
                           [&](const Segment& segment) { return segment.time < time; }) -
      segments.begin());
}

TEST_CASE("Cut anywhere, each pair is told once, by the same name") {
  const std::vector<Segment> segments = People();
  std::string state;
  const std::set<std::string> expected = StoneIds(GoOn(Plain(), segments, state));
  CHECK(expected.size() >= kChains);
  for (size_t cut = segments.size() / 16; cut < segments.size(); cut += segments.size() / 16) {
    state.clear();
    std::vector<Event> events = GoOn(Plain(), std::span(segments).first(cut), state);
    const std::vector<Event> rest = GoOn(Plain(), std::span(segments).subspan(cut), state);
    events.insert(events.end(), rest.begin(), rest.end());
    CHECK(StoneIds(events) == expected);
  }
}

TEST_CASE("Where all pairs have been told, what follows is the same to the letter") {
  TraceBuilder trace;
  for (uint32_t i = 0; i < 6; ++i) {
    const IpAddress stone = IpAddress::FromV4(0x0a000100U + i);
    const auto up = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, {stone, 22}, Ms(i));
    const auto down =
        trace.Open({stone, 50'000}, {IpAddress::FromV4(0xcb007200U + i), 22}, Ms(100 + i));
    Relay(trace, up, down, Typing(i, 300, Ms(1000)));
    if (i < 4) trace.Close(up, Ms(900'000 + i)).Close(down, Ms(900'100 + i));
  }
  const std::vector<Segment> segments = trace.Build();
  std::string whole;
  const std::vector<std::string> expected = Lines(GoOn(Plain(), segments, whole));
  REQUIRE(std::count_if(expected.begin(), expected.end(), [](const std::string& line) {
            return line.find("closed") != std::string::npos;
          }) >= 4);
  for (const int64_t at : {250'000, 400'123, 899'999, 900'050}) {
    std::string state;
    const size_t cut = PlaceOf(segments, Ms(at));
    const auto threads = at == 400'123 ? Detector::Threads::kTwo : Detector::Threads::kOne;
    std::vector<std::string> lines =
        Lines(GoOn(Plain(), std::span(segments).first(cut), state, threads));
    // Written and read once more without any traffic, the state says the same.
    std::string again = state;
    CHECK(GoOn(Plain(), {}, again).empty());
    CHECK(again == state);
    const std::vector<std::string> rest =
        Lines(GoOn(Plain(), std::span(segments).subspan(cut), state, threads));
    lines.insert(lines.end(), rest.begin(), rest.end());
    CHECK(lines == expected);
  }
}

TEST_CASE("A state is left without ending anything, and again and again") {
  const std::vector<Segment> segments = People();
  EventRecorder one;
  EventRecorder two;
  Detector plain(Plain(), one);
  Detector saving(Plain(), two);
  for (std::span<const Segment> rest = segments; !rest.empty();) {
    const size_t count = std::min<size_t>(500, rest.size());
    REQUIRE(plain.Process(rest.first(count)).ok());
    REQUIRE(saving.Process(rest.first(count)).ok());
    REQUIRE(saving.SaveState().ok());
    rest = rest.subspan(count);
  }
  REQUIRE(plain.Finish().ok());
  REQUIRE(saving.Finish().ok());
  CHECK(Lines(one.events) == Lines(two.events));
}

TEST_CASE("A pair that is open at the cut ends in the run that sees its end") {
  const std::vector<Segment> segments = People();
  std::string state;
  const size_t cut = PlaceOf(segments, Ms(390'000));
  for (const Event& event : GoOn(Plain(), std::span(segments).first(cut), state)) {
    const auto* end = std::get_if<SteppingStoneEnd>(&event);
    if (end != nullptr) CHECK(end->cause != "end_of_capture");
  }
  size_t closed = 0;
  for (const Event& event : GoOn(Plain(), std::span(segments).subspan(cut), state)) {
    const auto* end = std::get_if<SteppingStoneEnd>(&event);
    if (end != nullptr && end->cause == "closed") ++closed;
  }
  CHECK(closed >= kChains / 2);
}

TEST_CASE("A connection of which nothing more comes times out in a later run") {
  TraceBuilder trace;
  const auto up = trace.Open(At("198.51.100.1", 40000), At("10.0.0.1", 22), Ms(0));
  const auto down = trace.Open(At("10.0.0.1", 50000), At("203.0.113.1", 22), Ms(100));
  Relay(trace, up, down, Typing(1, 100, Ms(1000)));
  std::string state;
  const std::vector<Event> first = GoOn(Plain(), trace.Build(), state);
  CHECK(StoneIds(first).size() == 1);
  TraceBuilder later;
  const int64_t day = 86'400'000;
  later.Open(At("198.51.100.9", 40000), At("10.0.0.2", 22), Ms(2 * day));
  std::vector<std::string> causes;
  for (const Event& event : GoOn(Plain(), later.Build(), state)) {
    if (const auto* end = std::get_if<SteppingStoneEnd>(&event)) causes.push_back(end->cause);
  }
  CHECK(causes == std::vector<std::string>{"timeout"});
}

TEST_CASE("A new connection on the ports of an earlier run's is another one") {
  TraceBuilder trace;
  const auto up = trace.Open(At("198.51.100.1", 40000), At("10.0.0.1", 22), Ms(0));
  const auto down = trace.Open(At("10.0.0.1", 50000), At("203.0.113.1", 22), Ms(100));
  Relay(trace, up, down, Typing(1, 100, Ms(1000)));
  std::string state;
  const std::set<std::string> first = StoneIds(GoOn(Plain(), trace.Build(), state));
  TraceBuilder later;
  const int64_t hour = 3'600'000;
  const auto up2 = later.Open(At("198.51.100.1", 40000), At("10.0.0.1", 22), Ms(hour));
  const auto down2 = later.Open(At("10.0.0.1", 50000), At("203.0.113.1", 22), Ms(hour + 100));
  Relay(later, up2, down2, Typing(2, 100, Ms(hour + 1000)));
  std::vector<Segment> segments = later.Build();
  for (Segment& segment : segments) {
    segment.seq += 1'000'000'000;
    if (segment.Has(kAck)) segment.ack += 1'000'000'000;
  }
  const std::set<std::string> second = StoneIds(GoOn(Plain(), segments, state));
  CHECK(first.size() == 1);
  REQUIRE(second.size() == 1);
  CHECK(*second.begin() != *first.begin());
}

TEST_CASE("What a rule suppressed stays suppressed, and is counted on") {
  DetectorOptions options = Plain();
  policy::AllowRule rule;
  rule.name = "bastion";
  options.policy.allow.push_back(rule);
  const std::vector<Segment> segments = People();
  std::string whole;
  CHECK(GoOn(options, segments, whole).empty());
  std::string state;
  const size_t cut = PlaceOf(segments, Ms(200'000));
  CHECK(GoOn(options, std::span(segments).first(cut), state).empty());
  EventRecorder recorder;
  auto detector = Detector::Resume(options, recorder, Detector::Threads::kOne, state);
  REQUIRE(detector.ok());
  CHECK((*detector)->policy_uses()[0].allowed > 0);
  REQUIRE((*detector)->Process(std::span(segments).subspan(cut)).ok());
  REQUIRE((*detector)->Suspend().ok());
  CHECK(recorder.events.empty());
  CHECK((*detector)->policy_uses()[0].allowed >= kChains);
}

TEST_CASE("A message relay is told once") {
  TraceBuilder trace;
  const auto up = trace.Open(At("198.51.100.1", 40000), At("10.0.0.1", 6667), Ms(0));
  const auto down = trace.Open(At("10.0.0.1", 50000), At("203.0.113.1", 6667), Ms(100));
  Relay(trace, up, down, Typing(1, 200, Ms(1000)));
  const std::vector<Segment> segments = trace.Build();
  std::string state;
  const size_t cut = segments.size() / 2;
  CHECK(GoOn(Plain(), std::span(segments).first(cut), state).size() == 1);
  CHECK(GoOn(Plain(), std::span(segments).subspan(cut), state).empty());
}

TEST_CASE("Records of sessions are written by the run that saw them") {
  DetectorOptions options = Plain();
  options.sessions.enabled = true;
  const std::vector<Segment> segments = People();
  EventRecorder first;
  Detector detector(options, first);
  const size_t cut = PlaceOf(segments, Ms(200'000));
  REQUIRE(detector.Process(std::span(segments).first(cut)).ok());
  const absl::StatusOr<std::string> state = detector.Suspend();
  REQUIRE(state.ok());
  EventRecorder second;
  auto resumed = Detector::Resume(options, second, Detector::Threads::kOne, *state);
  REQUIRE(resumed.ok());
  REQUIRE((*resumed)->Process(std::span(segments).subspan(cut)).ok());
  REQUIRE((*resumed)->Suspend().ok());
  uint64_t packets = 0;
  for (const auto* recorder : {&first, &second}) {
    for (const SessionRecord& record : recorder->sessions) {
      packets += record.client().packets + record.server().packets;
    }
  }
  CHECK(packets == segments.size());
}

std::string FaultOf(const DetectorOptions& options, std::string_view state) {
  EventRecorder recorder;
  const auto detector = Detector::Resume(options, recorder, Detector::Threads::kOne, state);
  return detector.ok() ? "" : std::string(detector.status().message());
}

TEST_CASE("A state that does not fit the settings is refused, and the setting named") {
  std::string state;
  GoOn(Plain(), People(), state);
  CHECK(FaultOf(Plain(), state).empty());
  const auto refuses = [&](const DetectorOptions& options, std::string_view words) {
    const std::string fault = FaultOf(options, state);
    INFO(fault);
    CHECK(fault.find(words) != std::string::npos);
  };
  DetectorOptions options = Plain();
  options.protected_networks.Add(*Prefix::Parse("10.0.0.0/8"));
  refuses(options, "protected_networks = none, and now it is 10.0.0.0/8");
  options = Plain();
  options.timing.direct.idle_threshold = Millis(400);
  refuses(options, "timing.direct.idle_threshold = 500 ms, and now it is 400 ms");
  options = Plain();
  options.timing.max_pairs = 1;
  refuses(options, "timing.max_pairs");
  options = Plain();
  options.connections.max_connections = 2;
  refuses(options, "connections.max_connections");
  // What says only how much is wanted may change.
  options = Plain();
  options.timing.false_alarms_per_day = 1;
  options.relays.enabled = true;
  CHECK(FaultOf(options, state).empty());
}

TEST_CASE("A capture from before the state is refused, one that overlaps a little is not") {
  const std::vector<Segment> segments = People();
  std::string state;
  const size_t cut = segments.size() / 2;
  GoOn(Plain(), std::span(segments).first(cut), state);
  EventRecorder recorder;
  auto detector = Detector::Resume(Plain(), recorder, Detector::Threads::kOne, state);
  REQUIRE(detector.ok());
  const absl::Status fault = (*detector)->Process(std::span(segments).first(10));
  CHECK(fault.message().find("captures must follow each other") != std::string::npos);
  const PacketTime end = segments[cut - 1].time;
  const size_t overlap = PlaceOf(segments, end - Millis(500));
  CHECK(overlap < cut - 1);
  GoOn(Plain(), std::span(segments).subspan(overlap), state);
}

}  // namespace
}  // namespace cairn
