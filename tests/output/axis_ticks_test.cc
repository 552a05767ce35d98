// SPDX-License-Identifier: BSD-3-Clause
#include "output/axis_ticks.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::output {
namespace {

std::vector<std::string> Texts(const std::vector<Tick>& ticks) {
  std::vector<std::string> texts;
  for (const Tick& tick : ticks) texts.push_back(tick.text);
  return texts;
}

using Strings = std::vector<std::string>;

TEST_CASE("ticks of numbers are round and have the decimals that the finest needs") {
  CHECK(Texts(NumberTicks(0, 1, 5)) == Strings{"0.00", "0.25", "0.50", "0.75", "1.00"});
  CHECK(Texts(NumberTicks(0, 100, 6)) == Strings{"0", "20", "40", "60", "80", "100"});
  CHECK(Texts(NumberTicks(-3, 7, 3)) == Strings{"0", "5"});
  CHECK(Texts(NumberTicks(0.1, 0.35, 4)) == Strings{"0.1", "0.2", "0.3"});
}

TEST_CASE("ticks far from one are written with an exponent") {
  CHECK(Texts(NumberTicks(0, 4e9, 3)) == Strings{"0", "2e+09", "4e+09"});
  CHECK(Texts(NumberTicks(0, 2e-9, 3)) == Strings{"0", "1e-09", "2e-09"});
}

TEST_CASE("there are never more ticks than asked for") {
  for (double least : {-1e9, -1.0, 0.0, 0.1, 1e5}) {
    for (double length : {0.07, 1.0, 3.3, 99.9, 1e7}) {
      for (int count = 2; count < 12; ++count) {
        const std::vector<Tick> ticks = NumberTicks(least, least + length, count);
        CHECK(ticks.size() <= static_cast<size_t>(count));
        CHECK_FALSE(ticks.empty());
      }
    }
  }
}

TEST_CASE("ticks of times stand at whole seconds, minutes, hours and days of UTC") {
  const double base = 1795226100;  // 2026-11-21T01:55:00Z
  CHECK(Texts(TimeTicks(base, base + 20, 5)) ==
        Strings{"01:55:00", "01:55:05", "01:55:10", "01:55:15", "01:55:20"});
  CHECK(Texts(TimeTicks(base + 1, base + 600, 4)) == Strings{"02:00", "02:05"});
  CHECK(Texts(TimeTicks(base, base + 4 * 3600, 6)) == Strings{"02:00", "03:00", "04:00", "05:00"});
  CHECK(Texts(TimeTicks(base, base + 3 * 86400, 4)) == Strings{"11-22", "11-23", "11-24"});
  CHECK(TimeTicks(base, base + 3650.0 * 86400, 5).size() <= 5);
}

}  // namespace
}  // namespace cairn::output
