// SPDX-License-Identifier: BSD-3-Clause
#include "json/figures.h"

#include <limits>

#include "catch2/catch.hpp"

#include "json/line.h"

namespace cairn::json {
namespace {

TEST_CASE("figures are rounded to what is told of them") {
  CHECK(Line({{"x", Rounded(2.0 / 3, 1e4)}}) == "{\"x\":0.6667}\n");
  CHECK(Milliseconds(PacketDelta::FromNanoseconds(1234567)) == 1.235);
  CHECK(Seconds(PacketDelta::FromNanoseconds(1234567890)) == 1.234568);
}

TEST_CASE("what is not finite is told as zero") {
  CHECK(Rounded(std::numeric_limits<double>::infinity(), 10) == 0);
  CHECK(Rounded(std::numeric_limits<double>::quiet_NaN(), 10) == 0);
}

}  // namespace
}  // namespace cairn::json
