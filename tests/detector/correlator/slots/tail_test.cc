// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/tail.h"

#include <cmath>

#include "catch2/catch.hpp"

namespace cairn::slots {
namespace {

TEST_CASE("Student's tail is the tabulated one, and holds where no table goes") {
  // Values of an independent implementation.
  CHECK(StudentTailNats(0.5, 1) == Approx(1.0429).epsilon(1e-3));
  CHECK(StudentTailNats(2, 10) == Approx(3.3051).epsilon(1e-3));
  CHECK(StudentTailNats(5, 25) == Approx(10.8904).epsilon(1e-3));
  CHECK(StudentTailNats(12, 25) == Approx(26.3525).epsilon(1e-3));
  CHECK(StudentTailNats(40, 60) == Approx(102.5593).epsilon(1e-3));
}

TEST_CASE("What lies below the middle is no evidence") {
  CHECK(StudentTailNats(0, 20) == Approx(std::log(2)));
  CHECK(StudentTailNats(1e-3, 30) == Approx(std::log(2)).epsilon(0.01));
  CHECK(StudentTailNats(-1, 20) == 0);
  CHECK(StudentTailNats(NAN, 20) == 0);
}

TEST_CASE("The tail only falls") {
  double before = 0;
  for (double t = 0; t < 60; t += 0.25) {
    const double nats = StudentTailNats(t, 25);
    CHECK(nats >= before);
    before = nats;
  }
}

}  // namespace
}  // namespace cairn::slots
