// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/site_days.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn::evaluation {
namespace {

SiteDaysOptions AnHour() {
  SiteDaysOptions options;
  options.days = 0.05;
  options.people = 16;
  options.hosts = 6;
  return options;
}

TEST_CASE("At a site without chains no more is reported than is allowed, and more where more is") {
  SiteDaysOptions options = AnHour();
  options.rates = {0.1, 1e6};
  const auto counts = CountAlarms(options);
  REQUIRE(counts.ok());
  REQUIRE(counts->size() == 2);
  CHECK((*counts)[0].alarms() == 0);
  CHECK((*counts)[0].expected() == Approx(0.01));
  CHECK((*counts)[1].alarms() > 0);
}

TEST_CASE("The count does not depend on the threads") {
  SiteDaysOptions options = AnHour();
  options.rates = {1e5};
  const auto one = CountAlarms(options);
  options.threads = 2;
  const auto two = CountAlarms(options);
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  CHECK(FormatAlarms(*one, false) == FormatAlarms(*two, false));
  CHECK(one->front().alarms() > 0);
}

TEST_CASE("A count's interval is Poisson's") {
  CHECK(PoissonInterval(0).low == 0);
  CHECK(PoissonInterval(0).high == Approx(3.69).margin(0.1));
  CHECK(PoissonInterval(10).low == Approx(4.80).margin(0.05));
  CHECK(PoissonInterval(10).high == Approx(18.39).margin(0.05));
  CHECK(PoissonInterval(100).low == Approx(81.36).margin(0.05));
}

TEST_CASE("The table says what was allowed, what came, and by which test") {
  const std::string text = FormatAlarms({{.allowed_per_day = 0.1,
                                          .days = 100,
                                          .by_direct_onsets = 3,
                                          .by_indirect_onsets = 4,
                                          .by_slots = 2}},
                                        true);
  CHECK(text.find("| 0.1 | 100 | 10 | 9 (4.1-17.1) | 3 | 4 | 2 |") != std::string::npos);
}

}  // namespace
}  // namespace cairn::evaluation
