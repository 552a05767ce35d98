// SPDX-License-Identifier: BSD-3-Clause
#include "base/aging_map.h"

#include "catch2/catch.hpp"

namespace cairn {
namespace {

TEST_CASE("a map that ages keeps what was used last and never more than its limit") {
  AgingMap<int, int> map(100);
  for (int i = 0; i < 1000; ++i) {
    map.FindOrInsert(i) = i * i;
    CHECK(map.size() <= 100);
    // Used again and again, so never forgotten.
    REQUIRE(map.Find(0) != nullptr);
  }
  for (int i = 951; i < 1000; ++i) {
    INFO(i);
    REQUIRE(map.Find(i) != nullptr);
    CHECK(*map.Find(i) == i * i);
  }
  CHECK(map.Find(500) == nullptr);
  CHECK(map.dropped() >= 850);
}

TEST_CASE("what is erased is gone, from either half") {
  AgingMap<int, int> map(4);
  for (int i = 0; i < 3; ++i) map.FindOrInsert(i) = i;
  for (int i = 0; i < 3; ++i) map.Erase(i);
  for (int i = 0; i < 3; ++i) CHECK(map.Find(i) == nullptr);
  CHECK(map.size() == 0);
}

TEST_CASE("the smallest map still works") {
  AgingMap<int, int> map(0);
  map.FindOrInsert(1) = 1;
  map.FindOrInsert(2) = 2;
  REQUIRE(map.Find(2) != nullptr);
  CHECK(map.size() <= 2);
}

}  // namespace
}  // namespace cairn
