// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/chance.h"

#include <cmath>

#include "catch2/catch.hpp"

namespace cairn::relays {
namespace {

double TailOf(double freedom, double quantile) {
  return std::exp(-ChiSquareTailNats(freedom, quantile / freedom));
}

TEST_CASE("The chi-square tail agrees with printed tables") {
  CHECK(TailOf(1, 3.8414588) == Approx(0.05).epsilon(1e-6));
  CHECK(TailOf(1, 10.827566) == Approx(0.001).epsilon(1e-6));
  CHECK(TailOf(10, 18.307038) == Approx(0.05).epsilon(1e-6));
  CHECK(TailOf(10, 3.9402991) == Approx(0.95).epsilon(1e-6));
  CHECK(TailOf(100, 135.80672) == Approx(0.01).epsilon(1e-6));
  CHECK(TailOf(100, 77.929465) == Approx(0.95).epsilon(1e-6));
}

TEST_CASE("With two degrees of freedom the tail is exponential, as far as anyone asks") {
  for (const double x : {1e-9, 0.3, 2.0, 5.0, 50.0, 5000.0, 1e9}) {
    CHECK(ChiSquareTailNats(2, x) == Approx(x).epsilon(1e-9));
  }
}

TEST_CASE("Whoever shows nothing has no evidence against him") {
  for (const double freedom : {0.5, 1.0, 128.0, 1024.0}) CHECK(ChiSquareTailNats(freedom, 0) == 0);
}

TEST_CASE("More is more improbable, and what no double holds has its nats all the same") {
  for (const double freedom : {0.5, 1.0, 1.7, 64.0, 127.3, 1024.0}) {
    double before = 0;
    for (double ratio = 0.01; ratio < 1e7; ratio *= 1.1) {
      const double nats = ChiSquareTailNats(freedom, ratio);
      REQUIRE(std::isfinite(nats));
      REQUIRE(nats >= before);
      before = nats;
    }
    CHECK(before > 0.4 * freedom * 1e6);
  }
}

TEST_CASE("Both ways to reckon meet where the one takes over from the other") {
  for (const double freedom : {0.5, 1.0, 37.0, 128.0, 1024.0}) {
    const double change = 1 + 2 / freedom;
    const double below = ChiSquareTailNats(freedom, change * (1 - 1e-9));
    CHECK(ChiSquareTailNats(freedom, change * (1 + 1e-9)) == Approx(below).epsilon(1e-6));
  }
}

}  // namespace
}  // namespace cairn::relays
