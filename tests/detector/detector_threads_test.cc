// SPDX-License-Identifier: BSD-3-Clause
// The detector on two threads.
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/detector.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

std::vector<Segment> SomeChains() {
  TraceBuilder trace;
  for (uint32_t i = 0; i < 30; ++i) {
    const IpAddress stone = IpAddress::FromV4(0x0a000100U + i);
    const int64_t start = i * 700;
    const auto up = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, {stone, 22}, Ms(start));
    const auto down =
        trace.Open({stone, 50'000}, {IpAddress::FromV4(0xcb007200U + i), 22}, Ms(start + 100));
    Relay(trace, up, down, Typing(i, 60, Ms(start + 1000)));
    if (i % 2 == 0) trace.Close(up, Ms(start + 60'000)).Close(down, Ms(start + 60'010));
  }
  return trace.Build();
}

class Lines : public EventSink {
 public:
  absl::Status Write(const Event& event) override {
    if (lines.size() >= most) return absl::UnavailableError("the disk is full");
    lines.push_back(Describe(event));
    if (std::holds_alternative<SteppingStone>(event)) ++stones;
    return absl::OkStatus();
  }
  absl::Status WriteScore(const HostScore& score) override {
    scores.push_back(score.nats);
    return absl::OkStatus();
  }
  absl::Status WriteSession(const SessionRecord& session) override {
    sessions.push_back(session.id);
    return absl::OkStatus();
  }

  size_t most = 1'000'000;
  std::vector<std::string> lines;
  uint64_t stones = 0;
  std::vector<double> scores;
  std::vector<uint64_t> sessions;
};

absl::Status Run(const std::vector<Segment>& segments, Detector::Threads threads, Lines& lines) {
  DetectorOptions options;
  options.sessions.enabled = true;
  Detector detector(options, lines, threads);
  for (std::span<const Segment> rest = segments; !rest.empty();) {
    const size_t count = std::min<size_t>(256, rest.size());
    if (absl::Status status = detector.Process(rest.first(count)); !status.ok()) return status;
    rest = rest.subspan(count);
  }
  return detector.Finish();
}

TEST_CASE("Two threads find what one finds, in the same order") {
  const std::vector<Segment> segments = SomeChains();
  Lines one;
  Lines two;
  REQUIRE(Run(segments, Detector::Threads::kOne, one).ok());
  REQUIRE(Run(segments, Detector::Threads::kTwo, two).ok());
  CHECK(one.lines.size() > 30);
  CHECK(one.lines == two.lines);
  CHECK(one.scores == two.scores);
  CHECK(one.sessions == two.sessions);
  CHECK(one.sessions.size() >= 60);
}

TEST_CASE("A fault of the sink on the other thread is told, and nothing is written after it") {
  Lines lines;
  lines.most = 7;
  const absl::Status status = Run(SomeChains(), Detector::Threads::kTwo, lines);
  CHECK(status.message() == "the disk is full");
  CHECK(lines.lines.size() == 7);
}

TEST_CASE(
    "After Drain the sink has all that was processed, and counters wait for it by themselves") {
  const std::vector<Segment> segments = SomeChains();
  Lines lines;
  Detector detector({}, lines, Detector::Threads::kTwo);
  REQUIRE(detector.Process(segments).ok());
  const uint64_t pairs = detector.counters().stepping_stones;
  detector.Drain();
  CHECK(pairs >= 30);
  CHECK(lines.stones == pairs);
}

}  // namespace
}  // namespace cairn
