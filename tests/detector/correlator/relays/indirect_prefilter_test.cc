// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/indirect_prefilter.h"

#include <cstdint>

#include "catch2/catch.hpp"

#include "detector/correlator/timing/comparison_budget.h"
#include "detector/sensor/sensor.h"
#include "tests/support/event_tap.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

constexpr uint32_t kPeople = 120;
constexpr size_t kKeys = 700;

const Endpoint kEntry = {IpAddress::FromV4(0x0a000101), 22};     // 10.0.1.1
const Endpoint kExit = {IpAddress::FromV4(0x0a000202), 40'000};  // 10.0.2.2

// A site at which everybody works on their own but one, whose keystrokes enter at kEntry and leave
// from kExit.
std::vector<Segment> Site() {
  TraceBuilder trace;
  for (uint32_t i = 0; i < kPeople; ++i) {
    const bool enters = i % 2 == 0;
    const Endpoint outside = {IpAddress::FromV4(0xc6336400U + i), static_cast<uint16_t>(5000 + i)};
    const Endpoint inside = {IpAddress::FromV4(0x0a010000U + i), 22};
    const auto c = enters ? trace.Open(outside, inside, Ms(10 * i))
                          : trace.Open({inside.ip, 30'000}, {outside.ip, 22}, Ms(10 * i));
    Talk(trace, c, Typing(100 + i, kKeys, Ms(2000 + 13 * i)));
  }
  const auto up = trace.Open(At("198.51.100.200", 48224), kEntry, Ms(5));
  const auto down = trace.Open(kExit, At("203.0.113.9", 22), Ms(6));
  Relay(trace, up, down, Typing(7, kKeys, Ms(2500)));
  return trace.Build();
}

DetectorOptions Options(uint32_t comparisons_per_second, bool prefilter) {
  DetectorOptions options;
  options.protected_networks.Add(Prefix::Parse("10.0.0.0/8").value());
  options.timing.max_indirect_comparisons_per_second = comparisons_per_second;
  options.relays.enabled = prefilter;
  return options;
}

TEST_CASE("A budget is spent, and fills again as packet time goes on") {
  timing::ComparisonBudget budget(10);
  CHECK_FALSE(budget.IsSpent(Ms(0)));
  CHECK_FALSE(budget.IsShort(Ms(0)));
  budget.Spend(11);  // a second's worth, and one more
  CHECK(budget.IsSpent(Ms(0)));
  CHECK(budget.IsSpent(Ms(90)));
  CHECK_FALSE(budget.IsSpent(Ms(101)));
  CHECK(budget.IsShort(Ms(101)));
  CHECK(budget.IsShort(Ms(500'000)));
  CHECK_FALSE(budget.IsShort(Ms(700'000)));
}

TEST_CASE("A budget saves a second's worth and no more") {
  timing::ComparisonBudget budget(1000);
  CHECK_FALSE(budget.IsSpent(Ms(0)));
  CHECK_FALSE(budget.IsSpent(Ms(86'400'000)));
  budget.Spend(1001);
  CHECK(budget.IsSpent(Ms(86'400'000)));
}

TEST_CASE("Where the budget suffices nothing is skipped") {
  const Outcome outcome = Detect(Options(1'000'000, true), Site());
  CHECK(outcome.counters.indirect_skipped == 0);
  CHECK(outcome.counters.suspect_hosts == 0);
  CHECK(outcome.pairs.size() == 1);
}

TEST_CASE("Where it does not, a hidden chain is found by its hosts' going first") {
  const std::vector<Segment> site = Site();
  const Outcome alone = Detect(Options(1, false), site);
  const Outcome prefiltered = Detect(Options(1, true), site);
  const Outcome all = Detect(Options(1'000'000, false), site);
  CHECK(alone.pairs.empty());
  REQUIRE(prefiltered.pairs.size() == 1);
  CHECK(prefiltered.pairs[0].upstream.resp == kEntry);
  CHECK(prefiltered.pairs[0].downstream.orig == kExit);
  const auto work = [](const Outcome& outcome) {
    return outcome.counters.candidates + outcome.counters.pair_trials;
  };
  CHECK(work(prefiltered) < work(all) / 2);
}

// The onsets of segments, as the correlator gets them.
class Prefiltered : public testing::EventTap {
 public:
  explicit Prefiltered(const PrefixSet& networks) : prefilter({}, networks) {}
  void OnOnset(const timing::Onset& onset) override { prefilter.OnOnset(onset); }

  relays::IndirectPrefilter prefilter;
};

TEST_CASE("Both hosts of a hidden chain go first, and few others") {
  const DetectorOptions options = Options(1, true);
  Prefiltered sink(options.protected_networks);
  Sensor sensor({.connections = options.connections,
                 .timing = options.timing,
                 .protected_networks = options.protected_networks},
                sink);
  sensor.Process(Site());
  CHECK(sink.prefilter.GoesFirst(kEntry.ip));
  CHECK(sink.prefilter.GoesFirst(kExit.ip));
  CHECK_FALSE(sink.prefilter.GoesFirst(At("198.51.100.200", 1).ip));
  CHECK(sink.prefilter.hosts() == kPeople + 2);
  CHECK(sink.prefilter.suspects() < kPeople / 5);
}

}  // namespace
}  // namespace cairn
