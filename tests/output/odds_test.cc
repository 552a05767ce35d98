// SPDX-License-Identifier: BSD-3-Clause
#include "output/odds.h"

#include <cmath>
#include <limits>

#include "catch2/catch.hpp"

#include "output/short_ids.h"
#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

constexpr double kDay = 1 / 365.25;  // in years

Evidence WithFalseAlarms(double per_day) {
  Evidence evidence = samples::FullEvidence();
  evidence.confidence = {.nats = 20, .needed = 15, .false_alarms_per_day = per_day};
  return evidence;
}

TEST_CASE("an alert that just suffices is as rare as the setting asks: its three tests share it") {
  // alerts.false_alarms_per_day is 0.1, of which each test may make a third.
  CHECK(*FalseAlarmIntervalYears(WithFalseAlarms(0.1 / 3)) == Approx(10 * kDay));
  CHECK(*FalseAlarmIntervalYears(WithFalseAlarms(0.1 / 300)) == Approx(1000 * kDay));
}

TEST_CASE("no more than a million years is claimed, and nothing without a verdict by evidence") {
  for (const double per_day : {1e-300, 0.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(*FalseAlarmIntervalYears(WithFalseAlarms(per_day)) == kLongestIntervalYears);
  }
  CHECK_FALSE(FalseAlarmIntervalYears(samples::FullEvidence()).has_value());
}

TEST_CASE("a relay node's odds are those of an hour of one host") {
  RelayNode event = samples::PassingHost();
  event.nats = std::log(24 * 365.25 * 7);
  CHECK(*FalseAlarmIntervalYears(event) == Approx(7));
  event.nats = 700;
  CHECK(*FalseAlarmIntervalYears(event) == kLongestIntervalYears);
  event.method = "published";
  CHECK_FALSE(FalseAlarmIntervalYears(event).has_value());
}

TEST_CASE("odds are told in a unit and with digits that a person can read") {
  CHECK(ChanceOnceIn(1e6) == "by chance less than once in a million years");
  CHECK(ChanceOnceIn(999'999) == "by chance once in 1,000,000 years");
  CHECK(ChanceOnceIn(3141) == "by chance once in 3,000 years");
  CHECK(ChanceOnceIn(17.4) == "by chance once in 17 years");
  CHECK(ChanceOnceIn(2) == "by chance once in 2 years");
  CHECK(ChanceOnceIn(1.9) == "by chance once in 20 months");
  CHECK(ChanceOnceIn(10 * kDay) == "by chance once in 10 days");
  CHECK(ChanceOnceIn(2 * kDay) == "by chance once in 2 days");
  CHECK(ChanceOnceIn(1.5 * kDay) == "by chance once in 40 hours");
  CHECK(ChanceOnceIn(kDay / 24) == "by chance once in 60 minutes");
  CHECK(ChanceOnceIn(kDay / 24 / 60) == "by chance once in 1 minute");
  CHECK(ChanceOnceIn(1e-9) == "by chance more than once a minute");
}

TEST_CASE("ids are shortened to eight digits, and never two to the same") {
  ShortIds ids;
  CHECK(ids.Shorten("5f0c0123456789ab") == "5f0c0123");
  CHECK(ids.Shorten("5f0c0123456789ab") == "5f0c0123");
  CHECK(ids.Shorten("5f0c0123ffffffff") == "5f0c0123ffffffff");
  CHECK(ids.Shorten("5f0c0123456789ab") == "5f0c0123");
  CHECK(ids.Shorten("c-5f0c0123ffffffff") == "c-5f0c0123");
}

}  // namespace
}  // namespace cairn::output
