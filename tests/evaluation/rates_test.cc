// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/rates.h"

#include <numeric>

#include "catch2/catch.hpp"

namespace cairn::evaluation {
namespace {

Scores Ascending(int count) {
  std::vector<double> scores(static_cast<size_t>(count));
  std::iota(scores.begin(), scores.end(), 1.0);
  return Scores(std::move(scores));
}

TEST_CASE("Wilson's interval has the published values") {
  const Interval half = Proportion{5, 10}.Wilson();
  CHECK(half.low == Approx(0.2366).margin(0.0001));
  CHECK(half.high == Approx(0.7634).margin(0.0001));
  const Interval most = Proportion{81, 263}.Wilson();  // Newcombe 1998, table I
  CHECK(most.low == Approx(0.2553).margin(0.0001));
  CHECK(most.high == Approx(0.3662).margin(0.0001));
  const Interval none = Proportion{0, 20}.Wilson();
  CHECK(none.low == 0);
  CHECK(none.high == Approx(0.1611).margin(0.0001));
  const Interval all = Proportion{100, 100}.Wilson();
  CHECK(all.low == Approx(0.9630).margin(0.0001));
  CHECK(all.high == 1);
}

TEST_CASE("without trials nothing is known") {
  const Proportion nothing;
  CHECK(nothing.Share() == 0);
  CHECK(nothing.Wilson().low == 0);
  CHECK(nothing.Wilson().high == 1);
}

TEST_CASE("a threshold lets through as many negatives as its rate allows, and no more") {
  const Scores negatives = Ascending(1000);
  for (const double rate : {0.001, 0.01, 0.1}) {
    const std::optional<double> threshold = negatives.ThresholdFor(rate);
    REQUIRE(threshold.has_value());
    CHECK(negatives.Above(*threshold).Share() == Approx(rate));
  }
  // A rate that binary numbers cannot hold exactly.
  CHECK(Ascending(300000).Above(*Ascending(300000).ThresholdFor(1e-5)).hits == 3);
}

TEST_CASE("a rate below one negative cannot be measured") {
  CHECK_FALSE(Ascending(999).ThresholdFor(0.001).has_value());
  CHECK(Ascending(1000).ThresholdFor(0.001).has_value());
  CHECK_FALSE(Scores().ThresholdFor(0.5).has_value());
}

TEST_CASE("ties at the threshold are not let through") {
  const Scores negatives(std::vector<double>{9, 5, 5, 5, 5, 5, 5, 5, 5, 1});
  const std::optional<double> threshold = negatives.ThresholdFor(0.3);
  REQUIRE(threshold.has_value());
  CHECK(*threshold == 5);
  CHECK(negatives.Above(*threshold).hits == 1);
  CHECK(negatives.NotBelow(*threshold).hits == 9);
}

TEST_CASE("a ROC curve rises from the lowest measurable rate to 1") {
  const Scores positives(std::vector<double>{2000, 500.5, 2000, 0.5});
  const std::vector<RocPoint> curve = RocCurve(positives, Ascending(1000));
  REQUIRE_FALSE(curve.empty());
  CHECK(curve.front().false_positive_rate == Approx(0.001));
  CHECK(curve.front().true_positive_rate == 0.5);
  CHECK(curve.back().false_positive_rate == 1);
  CHECK(curve.back().true_positive_rate == 1);
  for (size_t i = 1; i < curve.size(); ++i) {
    CHECK(curve[i].true_positive_rate >= curve[i - 1].true_positive_rate);
  }
}

}  // namespace
}  // namespace cairn::evaluation
