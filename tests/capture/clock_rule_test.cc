// SPDX-License-Identifier: BSD-3-Clause
// The clock rule on files: clocks that are set, damaged stamps, several interfaces.
#include <algorithm>
#include <numeric>
#include <random>

#include "catch2/catch.hpp"

#include "capture/merge.h"
#include "capture/read_ahead.h"
#include "capture/reorder.h"
#include "tests/capture/capture_files.h"
#include "tests/capture/stamped_source.h"

namespace cairn::testing {
namespace {

using capture::ClockStep;
using capture::SegmentSource;

struct Told {
  std::vector<int64_t> times_ms;
  std::vector<uint32_t> numbers;
  std::vector<ClockStep> steps;
  CaptureCounters counters;

  int64_t Span() const { return times_ms.back() - times_ms.front(); }
};

Told DrainStamps(SegmentSource& source) {
  const ReadResult result = Drain(source);
  Told told;
  for (const Segment& segment : result.segments) {
    told.times_ms.push_back(segment.time.ToNanoseconds() / 1'000'000);
    told.numbers.push_back(segment.seq);
  }
  told.counters = result.counters;
  source.TakeClockSteps(told.steps);
  return told;
}

Told Ordered(std::vector<Stamp> stamps, int window_ms = 10) {
  auto source = capture::PutInOrder(
      std::make_unique<StampedSource>(std::move(stamps)),
      {.window = PacketDelta::FromMilliseconds(window_ms), .name = "test.pcap"});
  Told told = DrainStamps(*source);
  CHECK(std::is_sorted(told.times_ms.begin(), told.times_ms.end()));
  return told;
}

std::vector<uint32_t> UpTo(size_t count) {
  std::vector<uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace

TEST_CASE("a clock that is set back begins a new epoch: times go on at their true distances") {
  for (const int64_t back : {100, 150, 900, 1500, 60'000, 3'600'000, 86'400'000 * 3}) {
    INFO(back);
    const int64_t last = kBase + 199 * 20;
    const Told told = Ordered(Steady(kBase, 200) + Steady(last + 20 - back, 200));
    CHECK(told.numbers == UpTo(400));
    CHECK(told.Span() == 399 * 20);
    CHECK(told.counters.clock_steps == 1);
    CHECK(told.counters.wild_stamps == 0);
    CHECK(told.counters.clamped == 0);
    REQUIRE(told.steps.size() == 1);
    const ClockStep& step = told.steps.front();
    CHECK(step.time.ToNanoseconds() == (last + 20) * 1'000'000);
    CHECK(step.stamp.ToNanoseconds() == (last + 20 - back) * 1'000'000);
    CHECK(step.size == PacketDelta::FromMilliseconds(20 - back));
    CHECK(step.offset == PacketDelta::FromMilliseconds(back));
    CHECK(step.source == "test.pcap");
  }
}

TEST_CASE("a clock that is set back by seconds is understood on a quiet link, too") {
  // Two packets, then a pause that is longer than the step.
  const Told told = Ordered(Steady(kBase, 100) + Steady(kBase + 2000 - 2000, 2) +
                            Steady(kBase + 2000 - 2000 + 3000, 50));
  CHECK(told.times_ms.back() == kBase + 2000 + 3000 + 49 * 20);
  CHECK(told.counters.clock_steps == 1);
  CHECK(told.counters.wild_stamps == 0);
}

TEST_CASE("several steps, one after the other, are each undone") {
  const Told told =
      Ordered(Steady(kBase, 100) + Steady(kBase + 2000 - kHour, 100) +
              Steady(kBase + 4000 - kHour - 5000, 100) + Steady(kBase + 6000 - 3 * kHour, 100));
  CHECK(told.numbers == UpTo(400));
  CHECK(told.Span() == 399 * 20);
  CHECK(told.counters.clock_steps == 3);
}

TEST_CASE("a clock that is set back and later right again comes back to its first offset") {
  const Told told = Ordered(Steady(kBase, 5000) + Steady(kBase + 100'000 - kHour, 5000) +
                            Steady(kBase + 200'000, 5000));
  CHECK(told.Span() == 14999 * 20);
  CHECK(told.counters.clock_steps == 2);
  REQUIRE(told.steps.size() == 2);
  CHECK(told.steps.back().offset == PacketDelta::Zero());
}

TEST_CASE("a clock that is set forward for a while was set, and set back") {
  const Told told =
      Ordered(Steady(kBase, 100) + Steady(kBase + 2000 + kHour, 100) + Steady(kBase + 4000, 100));
  CHECK(told.numbers == UpTo(300));
  CHECK(told.times_ms.back() == kBase + 299 * 20);
  CHECK(told.counters.clock_steps == 2);
  CHECK(told.counters.wild_stamps == 0);
  REQUIRE(told.steps.size() == 2);
  CHECK(told.steps.back().offset == PacketDelta::Zero());
}

TEST_CASE("stamps that go forward and stay there are a silent link's") {
  for (const int64_t silence : {500, 5000, 60'000, 12 * 3'600'000}) {
    INFO(silence);
    for (const int after : {1, 2, 40, 6000}) {
      const Told told = Ordered(Steady(kBase, 100) + Steady(kBase + 1980 + silence, after));
      CHECK(told.numbers == UpTo(100 + static_cast<size_t>(after)));
      CHECK(told.times_ms[100] == kBase + 1980 + silence);
      CHECK(told.counters.clock_steps == 0);
      CHECK(told.counters.wild_stamps == 0);
    }
  }
}

TEST_CASE("a packet now and then is time, however long the silences are") {
  const Told told = Ordered(Steady(kBase, 100, 40'000) + Steady(kBase + 100 * 40'000, 50, kHour));
  CHECK(told.numbers == UpTo(150));
  CHECK(told.times_ms.back() == kBase + 100 * 40'000 + 49 * kHour);
  CHECK(told.counters.wild_stamps == 0);
  CHECK(told.counters.clock_steps == 0);
}

TEST_CASE("wild stamps are damage: their neighbours' time, and everything else as it was") {
  const auto wild_ms = GENERATE(as<int64_t>{}, kFarFuture, 0, kBase + kHour, kBase - kHour);
  const auto at = GENERATE(as<size_t>{}, 0, 1, 7, 40, 99);
  const auto count = GENERATE(as<size_t>{}, 1, 2, 5);
  CAPTURE(wild_ms, at, count);
  std::vector<Stamp> stamps = Steady(kBase, 100);
  // One in the first place that is a little early may as well be a silence.
  if (at == 0 && (wild_ms == kBase - kHour || (count > 1 && wild_ms == kBase + kHour))) return;
  const size_t end = std::min(at + count, stamps.size());
  for (size_t i = at; i < end; ++i) stamps[i].ms = wild_ms + static_cast<int64_t>(i);
  // At the very end one that is an hour ahead is a silence, too.
  if (end == stamps.size() && wild_ms == kBase + kHour) return;
  const Told told = Ordered(stamps);
  CHECK(told.numbers == UpTo(100));
  CHECK(told.counters.wild_stamps == end - at);
  CHECK(told.counters.clock_steps == 0);
  CHECK(told.counters.clamped == 0);
  CHECK(told.times_ms.front() >= kBase);
  CHECK(told.times_ms.back() <= kBase + 1980);
  for (size_t i = 0; i < 100; ++i) {
    if (i < at || i >= end) CHECK(told.times_ms[i] == kBase + static_cast<int64_t>(i) * 20);
  }
}

TEST_CASE("wild stamps in turns with good ones break nothing") {
  const int every = GENERATE(2, 3);
  const bool constant = GENERATE(true, false);
  const auto wild_ms = GENERATE(as<int64_t>{}, kFarFuture, 0);
  CAPTURE(every, constant, wild_ms);
  std::mt19937 random(3);
  std::vector<Stamp> stamps = Steady(kBase, 900);
  for (size_t i = 0; i < stamps.size(); ++i) {
    const bool good = every == 2 ? i % 2 == 1 : i % 3 != 0;
    if (!good) stamps[i].ms = constant ? wild_ms : wild_ms + static_cast<int64_t>(random()) * 50;
  }
  const Told told = Ordered(stamps);
  CHECK(told.numbers == UpTo(900));
  CHECK(told.counters.wild_stamps == 900 / static_cast<unsigned>(every));
  CHECK(told.counters.clock_steps == 0);
  CHECK(told.times_ms.front() >= kBase);
  CHECK(told.times_ms.back() <= kBase + 900 * 20);
}

TEST_CASE("packets that come late in blocks do not stretch time") {
  // Two cards in one file without their numbers: each block of the second comes 160 ms late.
  std::vector<Stamp> stamps;
  for (int block = 0; block < 200; ++block) {
    stamps = stamps + Steady(kBase + block * 160, 40, 4) + Steady(kBase + block * 160 + 1, 40, 4);
  }
  const Told told = Ordered(stamps);
  CHECK(told.counters.clock_steps <= 1);
  CHECK(told.Span() <= 200 * 160 + 200);
}

TEST_CASE("each interface has an order of its own; a late one is waited for") {
  // Interface 1 comes in blocks, 200 ms late.
  std::vector<Stamp> stamps;
  std::vector<std::pair<int64_t, size_t>> expected;
  for (int block = 0; block < 50; ++block) {
    for (const uint32_t interface : {0U, 1U}) {
      for (int i = 0; i < 20; ++i) {
        expected.emplace_back(kBase + block * 200 + i * 10 + interface, stamps.size());
        stamps.push_back({expected.back().first, interface});
      }
    }
  }
  std::sort(expected.begin(), expected.end());
  const Told told = Ordered(stamps);
  CHECK(told.counters.clamped == 0);
  CHECK(told.counters.clock_steps == 0);
  for (size_t i = 0; i < expected.size(); ++i) CHECK(told.numbers[i] == expected[i].second);
}

TEST_CASE("an interface whose clock is understood later than another's is waited for") {
  // Interface 0 has its 16 stamps long before interface 1 does.
  std::vector<Stamp> stamps;
  for (int i = 0; i < 200; ++i) {
    stamps.push_back({kBase + i * 300, 0});
    if (i % 3 == 0) stamps.push_back({kBase + i * 300 + 1, 1});
  }
  const size_t count = stamps.size();
  const Told told = Ordered(std::move(stamps));
  CHECK(told.numbers == UpTo(count));
  CHECK(told.counters.clamped == 0);
}

TEST_CASE("an interface that falls silent forever holds nobody up for longer than its window") {
  auto source = capture::PutInOrder(
      std::make_unique<StampedSource>(Steady(kBase, 20, 20, 1) + Steady(kBase + 400, 3000)),
      {.window = PacketDelta::FromMilliseconds(10)});
  SegmentBatch batch;
  REQUIRE(source->Read(batch).ok());
  // All that is a second older than what has been read has left.
  CHECK(batch.full());
  const Told told = DrainStamps(*source);
  CHECK(told.times_ms.back() == kBase + 400 + 2999 * 20);
}

TEST_CASE("interfaces whose common clock is set stay together") {
  for (const int64_t back : {500, 3'600'000}) {
    std::vector<Stamp> stamps;
    for (int i = 0; i < 400; ++i) {
      const int64_t set = i < 200 ? 0 : back;
      stamps.push_back({kBase + i * 40 - set, 0});
      stamps.push_back({kBase + i * 40 + 3 - set, 1});
    }
    const Told told = Ordered(stamps);
    CHECK(told.numbers == UpTo(800));
    CHECK(told.Span() == 399 * 40 + 3);
    REQUIRE(told.steps.size() == 2);
    CHECK(told.steps[0].offset == told.steps[1].offset);
  }
}

TEST_CASE("an interface with another clock gets an offset instead of one instant") {
  std::vector<Stamp> stamps;
  for (int i = 0; i < 4000; ++i) {
    stamps.push_back({kBase + i * 40, 0});
    stamps.push_back({kBase + i * 40 - 3'600'000, 1});
  }
  const Told told = Ordered(stamps);
  CHECK(told.counters.clock_steps == 1);
  CHECK(told.counters.clamped < 300);
}

TEST_CASE("a window of zero keeps the order of the file") {
  const Told told = Ordered({{1000}, {1003}, {1001}, {1002}, {1005}, {990}}, 0);
  CHECK(told.numbers == UpTo(6));
  CHECK(told.times_ms == std::vector<int64_t>{1000, 1003, 1003, 1003, 1005, 1005});
  CHECK(told.counters.reordered == 0);
  CHECK(told.counters.clamped == 3);
  const Told two = Ordered({{1000, 0}, {1100, 1}, {1050, 0}, {1101, 1}}, 0);
  CHECK(two.numbers == UpTo(4));
  CHECK(two.counters.clamped == 1);
}

TEST_CASE("a clock that is set back is found with a window of zero, too") {
  const Told told = Ordered(Steady(kBase, 100) + Steady(kBase + 2000 - kHour, 100), 0);
  CHECK(told.numbers == UpTo(200));
  CHECK(told.Span() == 199 * 20);
}

TEST_CASE("segments that leave for want of room are counted") {
  auto source = capture::PutInOrder(std::make_unique<StampedSource>(Steady(kBase, 70000, 0)),
                                    {.window = PacketDelta::FromSeconds(60)});
  // What is there at the end of the input leaves as it should.
  const uint64_t early = DrainStamps(*source).counters.left_early;
  CHECK(early > 4000);
  CHECK(early <= 70000 - 65536);
}

TEST_CASE("steps come with the segments, whatever thread reads them") {
  const auto stamps = Steady(kBase, 3000) + Steady(kBase + 60'000 - kHour, 3000);
  const Told expected = Ordered(stamps);
  auto ahead = capture::ReadAhead(
      capture::PutInOrder(std::make_unique<StampedSource>(stamps),
                          {.window = PacketDelta::FromMilliseconds(10), .name = "test.pcap"}));
  const Told told = DrainStamps(*ahead);
  CHECK(told.times_ms == expected.times_ms);
  CHECK(told.steps == expected.steps);
  CHECK(told.counters == expected.counters);
}

TEST_CASE("a step in one of several files leaves the others alone") {
  std::vector<std::unique_ptr<SegmentSource>> sources;
  const capture::Order order{.window = PacketDelta::FromMilliseconds(10)};
  sources.push_back(capture::PutInOrder(
      std::make_unique<StampedSource>(Steady(kBase, 200) + Steady(kBase + 4000 - kHour, 200)),
      order));
  sources.push_back(
      capture::PutInOrder(std::make_unique<StampedSource>(Steady(kBase + 5, 400)), order));
  auto merged = capture::Merge(std::move(sources));
  const Told told = DrainStamps(*merged);
  CHECK(std::is_sorted(told.times_ms.begin(), told.times_ms.end()));
  CHECK(told.Span() == 399 * 20 + 5);
  CHECK(told.counters.clock_steps == 1);
}

}  // namespace cairn::testing
