// SPDX-License-Identifier: BSD-3-Clause
#include <vector>

#include "catch2/catch.hpp"

#include "detector/sensor/sensor.h"
#include "tests/support/event_tap.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

class Activities : public testing::EventTap {
 public:
  void OnActivity(const relays::FlowActivity& activity) override { activities.push_back(activity); }

  std::vector<relays::FlowActivity> activities;
};

std::vector<relays::FlowActivity> ActivitiesOf(const TraceBuilder& trace,
                                               const relays::Options& options = {}) {
  Activities sink;
  Sensor sensor({.relays = options}, sink);
  sensor.Process(trace.Build());
  return sink.activities;
}

const Endpoint kWriter = At("198.51.100.7", 48224);
const Endpoint kReader = At("10.0.0.15", 22);

TEST_CASE("A flow is told of once in each quarter of a slot, with when it sent before") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  for (int64_t ms = 0; ms < 1000; ++ms) trace.Key(c, Ms(ms));
  const auto told = ActivitiesOf(trace);
  REQUIRE(told.size() == 40);
  CHECK_FALSE(told[0].previous.IsSet());
  for (size_t i = 1; i < told.size(); ++i) {
    CHECK(told[i].time == Ms(25 * static_cast<int64_t>(i)));
    CHECK(told[i].previous == Ms(25 * static_cast<int64_t>(i) - 1));
  }
  CHECK(told[0].Summary().orig == kWriter);
  CHECK(told[0].Summary().resp == kReader);
  CHECK(told[0].end[told[0].flow] == kWriter);
}

TEST_CASE("Each flow is told of for itself, retransmissions and acknowledgements are not") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  trace.Key(c, Ms(0)).Echo(c, Ms(1)).Ack(c, From::kClient, Ms(40));
  trace.Retransmit(c, From::kClient, Ms(60)).KeepAlive(c, From::kClient, Ms(80), 1);
  const auto told = ActivitiesOf(trace);
  REQUIRE(told.size() == 2);
  CHECK(told[0].flow != told[1].flow);
}

TEST_CASE("The first activity of a connection in a stretch of seconds says so") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  for (int64_t ms = 0; ms < 120'000; ms += 100) trace.Key(c, Ms(ms)).Echo(c, Ms(ms + 3));
  std::vector<relays::FlowActivity> first = ActivitiesOf(trace);
  std::erase_if(first, [](const auto& activity) { return !activity.first_in_stretch; });
  CHECK(first.size() >= 7);
  CHECK(first.size() <= 8);
  for (size_t i = 1; i < first.size(); ++i) {
    CHECK(relays::ActivityClock::Stretch(first[i].time) ==
          relays::ActivityClock::Stretch(first[i - 1].time) + 1);
  }
}

TEST_CASE("A screen that is switched off is told nothing") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  for (int64_t ms = 0; ms < 60'000; ms += 100) trace.Key(c, Ms(ms));
  relays::Options options;
  options.enabled = false;
  CHECK(ActivitiesOf(trace, options).empty());
}

TEST_CASE("What a flow sends by its own clock is passed on to nobody") {
  TraceBuilder trace;
  const auto c = trace.Open(kWriter, kReader, Ms(-10));
  for (int64_t beat = 0; beat < 100; ++beat) trace.Key(c, Ms(beat * 3000));
  CHECK(ActivitiesOf(trace).size() < 10);  // until the period is known
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
  return ActivitiesOf(trace).back().initiative;
}

TEST_CASE("Who ends the pauses has the initiative") {
  CHECK(InitiativeAfter({}, 1000) == 2);
  CHECK(InitiativeAfter({From::kServer, From::kServer, From::kServer}, 1000) == 5);
  CHECK(InitiativeAfter({From::kServer, From::kServer, From::kServer}, 500) == 2);
  CHECK(InitiativeAfter({From::kServer, From::kClient, From::kServer}, 1000) == 3);
  CHECK(InitiativeAfter(std::vector<From>(20, From::kServer), 1000) == 7);
  CHECK(InitiativeAfter(std::vector<From>(20, From::kClient), 1000) == 0);
}

}  // namespace
}  // namespace cairn
