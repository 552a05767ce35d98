// SPDX-License-Identifier: BSD-3-Clause
#include "base/slot_pool.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn {
namespace {

TEST_CASE("numbers begin at zero and have no holes; the last given back is taken first") {
  HandleNumbers numbers;
  for (uint32_t i = 0; i < 5; ++i) {
    CHECK(numbers.next() == i);
    CHECK(numbers.Take() == i);
  }
  numbers.GiveBack(1);
  numbers.GiveBack(3);
  CHECK(numbers.size() == 3);
  CHECK(numbers.limit() == 5);
  CHECK(numbers.next() == 3);
  CHECK(numbers.Take() == 3);
  CHECK(numbers.Take() == 1);
  CHECK(numbers.Take() == 5);
  CHECK(numbers.size() == 6);
  CHECK(numbers.limit() == 6);
}

TEST_CASE("numbers that were all free once do not allocate when they are taken and given back") {
  HandleNumbers numbers;
  for (int i = 0; i < 1000; ++i) numbers.Take();
  while (numbers.size() > 0) numbers.GiveBack(numbers.size() - 1);
  const size_t before = numbers.memory_bytes();
  CHECK(before >= 1000 * sizeof(uint32_t));
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 1000; ++i) numbers.Take();
    while (numbers.size() > 0) numbers.GiveBack(numbers.size() - 1);
  }
  CHECK(numbers.memory_bytes() == before);
  CHECK(numbers.limit() == 1000);
}

TEST_CASE("an element is fresh when it is taken, and keeps its value when it is given back") {
  SlotPool<int> pool;
  const uint32_t first = pool.Take();
  CHECK(pool[first] == 0);
  pool[first] = 7;
  pool.GiveBack(first);
  CHECK(pool[first] == 7);
  CHECK(pool.Take() == first);
  CHECK(pool[first] == 0);
}

TEST_CASE("elements may be movable only") {
  SlotPool<std::unique_ptr<int>> pool;
  for (int i = 0; i < 100; ++i) pool[pool.Take()] = std::make_unique<int>(i);
  for (uint32_t i = 0; i < 100; ++i) CHECK(*pool[i] == static_cast<int>(i));
}

TEST_CASE("no two elements that are held share a number, whatever is taken and given back") {
  SlotPool<uint64_t> pool;
  std::map<uint32_t, uint64_t> held;
  std::mt19937 random(1);
  size_t most = 0;
  for (uint64_t step = 1; step <= 20'000; ++step) {
    const bool takes = held.empty() || random() % 100 < (step / 2000 % 2 == 0 ? 60 : 40);
    if (takes) {
      const uint32_t number = pool.Take();
      REQUIRE(pool[number] == 0);
      REQUIRE(held.emplace(number, step).second);
      pool[number] = step;
      most = std::max(most, held.size());
    } else {
      const auto victim = std::next(held.begin(), static_cast<int>(random() % held.size()));
      REQUIRE(pool[victim->first] == victim->second);
      pool.GiveBack(victim->first);
      held.erase(victim);
    }
    REQUIRE(pool.size() == held.size());
    REQUIRE(pool.limit() == most);
  }
  for (const auto& [number, value] : held) CHECK(pool[number] == value);
}

}  // namespace
}  // namespace cairn
