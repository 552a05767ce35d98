// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/waiting_data.h"

#include "catch2/catch.hpp"

namespace cairn::sessions {
namespace {

TEST_CASE("stretches that touch become one, and what came twice is told") {
  WaitingData waiting;
  CHECK(waiting.Add(100, 200) == 0);
  CHECK(waiting.Add(300, 400) == 0);
  CHECK(waiting.Add(150, 350) == 100);
  const auto all = waiting.TakeBelow(400);
  REQUIRE(all.has_value());
  CHECK(all->begin == 100);
  CHECK(all->end == 400);
  CHECK(all->packets == 3);
  CHECK(waiting.empty());
}

TEST_CASE("only what lies wholly below the flow's place is taken, in order") {
  WaitingData waiting;
  waiting.Add(300, 400);
  waiting.Add(100, 200);
  CHECK_FALSE(waiting.TakeBelow(199).has_value());
  CHECK(waiting.TakeBelow(399)->begin == 100);
  CHECK_FALSE(waiting.TakeBelow(399).has_value());
  CHECK(waiting.TakeBelow(0x7000'0000)->begin == 300);
}

TEST_CASE("places wrap") {
  WaitingData waiting;
  waiting.Add(0xffff'fff0, 0x10);
  waiting.Add(0x20, 0x30);
  CHECK(waiting.TakeBelow(0x40)->begin == 0xffff'fff0);
  CHECK(waiting.TakeBelow(0x40)->begin == 0x20);
}

TEST_CASE("of more stretches than there is room for the farthest is given up") {
  WaitingData waiting;
  for (uint32_t i = WaitingData::kMost + 2; i > 0; --i) waiting.Add(i * 100, i * 100 + 10);
  for (uint32_t i = 1; i <= WaitingData::kMost; ++i) {
    CHECK(waiting.TakeBelow(10'000)->begin == i * 100);
  }
  CHECK_FALSE(waiting.TakeBelow(10'000).has_value());
}

}  // namespace
}  // namespace cairn::sessions
