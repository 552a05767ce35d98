// SPDX-License-Identifier: BSD-3-Clause
// The site's false alarms, measured on time-shifted copies of its traffic.
#include "detector/correlator/timing/time_slide.h"

#include <vector>

#include "catch2/catch.hpp"

#include "detector/sensor/sensor.h"
#include "tests/detector/correlator/timing/scene.h"
#include "tests/support/event_tap.h"

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

class Slide : public testing::EventTap {
 public:
  explicit Slide(const timing::Options& options) : slide(options, PrefixSet()) {}
  void OnOnset(const timing::Onset& onset) override { slide.OnOnset(onset); }
  void OnClosed(const stream::ConnectionClosed& closed) override {
    slide.OnConnectionEnd(closed.slot, closed.uid, closed.cause, closed.time);
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

// The first data of a connection from a forged address, or of one that goes on.
timing::Onset TimeSlideOnsetOf(uint64_t uid, uint32_t slot, PacketTime time, uint32_t count) {
  timing::Onset onset;
  onset.time = time;
  onset.start = time;
  onset.slot = slot;
  onset.uid = uid;
  onset.key.ip = {IpAddress::FromV4(0x0a000001), IpAddress::FromV4(static_cast<uint32_t>(uid))};
  onset.key.port = {22, static_cast<uint16_t>(uid % 50000)};
  for (timing::OnsetHistory& history : onset.history) {
    history.is_onset = true;
    history.count = count;
    if (count > 1) history.previous[0] = time - Millis(1000);
  }
  return onset;
}

// A flood of so many connections, each with one onset, each evicted by the next but `table`.
void Flood(timing::TimeSlide& slide, uint64_t connections, uint32_t table, uint32_t onsets = 1) {
  for (uint64_t uid = 1; uid <= connections; ++uid) {
    const PacketTime now = Us(static_cast<int64_t>(uid) * 20);
    const auto slot = static_cast<uint32_t>(uid % table);
    if (uid > table) {
      slide.OnConnectionEnd(slot, uid - table, connections::EndCause::kEvicted, now);
    }
    for (uint32_t i = 1; i <= onsets; ++i) slide.OnOnset(TimeSlideOnsetOf(uid, slot, now, i));
  }
}

TEST_CASE("A flood of connections of one onset fills half of what may wait, and no more") {
  timing::TimeSlide slide({}, PrefixSet());
  Flood(slide, 1'000'000, 1000);  // in 20 s
  // Onsets to a half, and their ends.
  CHECK(slide.waiting() >= timing::TimeSlide::kMostWaiting / 2);
  CHECK(slide.waiting() <= timing::TimeSlide::kMostWaiting);
  CHECK(slide.dropped() > 100'000);
  // What resumes still finds room.
  const uint64_t dropped = slide.dropped();
  uint64_t uid = 2'000'000;
  size_t waited = 0;
  for (uint32_t i = 0; i < 100; ++i) {
    const size_t before = slide.waiting();
    slide.OnOnset(TimeSlideOnsetOf(++uid, 2000 + i, Ms(21'000), 3));
    waited += slide.waiting() - before;
  }
  CHECK(waited > 10);  // a quarter is delayed
  CHECK(slide.dropped() == dropped);
}

TEST_CASE("A flood of connections that resume fills all of it, and their ends are never lost") {
  timing::TimeSlide slide({}, PrefixSet());
  Flood(slide, 1'000'000, 1000, 2);
  CHECK(slide.waiting() <= timing::TimeSlide::kMostWaiting);
  CHECK(slide.dropped() > 100'000);
  // All that waits is delivered, and then nothing is left; the slots are free for others.
  for (uint32_t i = 0; i < 16; ++i) {
    slide.OnOnset(TimeSlideOnsetOf(3'000'000U + i, i, Ms(200'000), 1));
  }
  CHECK(slide.waiting() <= 16);
}

TEST_CASE("What may not take part in pairs does not wait") {
  PrefixSet site;
  site.Add(Prefix::Parse("192.0.2.0/24").value());
  timing::TimeSlide slide({}, site);  // nothing of the flood crosses its border
  Flood(slide, 10'000, 1000, 2);
  CHECK(slide.waiting() == 0);
  CHECK(slide.dropped() == 0);
}

}  // namespace
}  // namespace cairn
