// SPDX-License-Identifier: BSD-3-Clause
// The site's false alarms, measured on time-shifted copies of its traffic.
#include "detector/timing/time_slide.h"

#include <vector>

#include "catch2/catch.hpp"

#include "detector/sensor.h"
#include "tests/detector/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

// `chains` chains through as many hosts, `people` strangers each way on one host.
std::vector<Segment> Site(uint16_t chains, uint16_t people, size_t keys) {
  TraceBuilder trace;
  const auto host = [](uint16_t i) { return "10.0.1." + std::to_string(1 + i % 250); };
  for (uint16_t i = 0; i < chains; ++i) {
    const auto up =
        trace.Open(At("198.51.100.7", static_cast<uint16_t>(20000 + i)), At(host(i), 22), Ms(i));
    const auto down = trace.Open(At(host(i), static_cast<uint16_t>(30000 + i)),
                                 At("203.0.113.2", 22), Ms(500 + i));
    Relay(trace, up, down, Typing(i + 1U, keys, Ms(1000)));
  }
  for (uint16_t i = 0; i < people; ++i) {
    const auto in =
        trace.Open(At("198.51.100.8", static_cast<uint16_t>(20000 + i)), At("10.0.2.1", 22), Ms(i));
    const auto out =
        trace.Open(At("10.0.2.1", static_cast<uint16_t>(30000 + i)), At("203.0.113.3", 22), Ms(i));
    Talk(trace, in, Typing(1000U + i, keys, Ms(1000)));
    Talk(trace, out, Typing(2000U + i, keys, Ms(1000)));
  }
  return trace.Build();
}

uint64_t Reached(const std::array<timing::NullScores, timing::kKinds>& scores, size_t level) {
  return scores[0].reached(level) + scores[1].reached(level);
}

class Slide : public SensorSink {
 public:
  explicit Slide(const timing::Options& options) : slide(options, PrefixSet()) {}
  void OnOnset(const timing::Onset& onset) override { slide.OnOnset(onset); }
  void OnSlot(const slots::SlotCount& /*slot*/) override {}
  void OnConnectionEnd(uint32_t slot, uint64_t uid, connections::EndCause cause,
                       PacketTime time) override {
    slide.OnConnectionEnd(slot, uid, cause, time);
  }

  timing::TimeSlide slide;
};

TEST_CASE("Chains are no chains any more when one end is shifted; what is left is chance") {
  Slide sink{timing::Options()};
  Sensor sensor({}, sink);
  sensor.Process(Site(40, 30, 200));
  sensor.EndAll();
  CHECK(Detect({}, Site(40, 30, 200)).pairs.size() >= 40);
  CHECK(Reached(sink.slide.scores(), 3) > 0);
  CHECK(Reached(sink.slide.scores(), 14) == 0);
  CHECK(sink.slide.dropped() == 0);
}

TEST_CASE("An alert says what was reached, needed, and how often chance does as much") {
  const Outcome outcome = Detect({}, Site(3, 10, 60));
  REQUIRE(outcome.pairs.size() >= 3);
  for (const SteppingStone& pair : outcome.pairs) {
    REQUIRE(pair.evidence.confidence.has_value());
    CHECK(pair.evidence.confidence->nats >= pair.evidence.confidence->needed);
    CHECK(pair.evidence.confidence->false_alarms_per_day <= 0.1);
    CHECK(pair.evidence.confidence->false_alarms_per_day > 0);
  }
}

TEST_CASE("The verdict by thresholds tells no odds") {
  for (const SteppingStone& pair : Detect(ByThresholds(), Site(3, 0, 30)).pairs) {
    CHECK_FALSE(pair.evidence.confidence.has_value());
  }
}

}  // namespace
}  // namespace cairn
