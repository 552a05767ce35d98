// SPDX-License-Identifier: BSD-3-Clause
// The table and its timer wheels against a slow and obvious model, under random operations.
#include <map>
#include <random>
#include <set>

#include "catch2/catch.hpp"

#include "detector/sensor/connections/connection_table.h"
#include "detector/sensor/connections/idle_wheel.h"
#include "tests/support/segment_builder.h"

namespace cairn::connections {
namespace {

using testing::Ms;

ConnectionKey ConnectionTableModelKey(uint32_t number) {
  return {{IpAddress::FromV4(number % 7), IpAddress::FromV4(1000 + number)},
          {static_cast<uint16_t>(number % 3), 22}};
}

TEST_CASE("The connection table holds what a map would hold, in slots that never change") {
  constexpr uint32_t kRoom = 3000;
  ConnectionTable table(kRoom);
  std::map<uint32_t, uint32_t> model;  // key number -> slot
  std::mt19937 random(4);              // NOLINT(bugprone-random-generator-seed,cert-msc51-cpp)
  for (int step = 0; step < 60000; ++step) {
    const auto number = static_cast<uint32_t>(random() % 5000);
    const ConnectionKey key = ConnectionTableModelKey(number);
    const auto found = table.Find(key, table.Hash(key));
    const auto expected = model.find(number);
    REQUIRE(found.has_value() == (expected != model.end()));
    if (found.has_value()) {
      REQUIRE(*found == expected->second);
      REQUIRE(table[*found].key() == key);
      // More arrivals than departures first, then the reverse.
      if (random() % 4 < (step < 30000 ? 1U : 3U)) {
        table.Erase(*found);
        model.erase(expected);
      }
    } else if (!table.full()) {
      const uint32_t slot = table.Insert(key, table.Hash(key));
      REQUIRE(slot < table.slot_limit());
      model[number] = slot;
    }
    REQUIRE(table.size() == model.size());
    REQUIRE(table.full() == (model.size() == kRoom));
  }
  REQUIRE(table.slot_limit() <= kRoom);
  std::set<uint32_t> slots;
  for (const auto& [number, slot] : model) slots.insert(slot);
  CHECK(slots.size() == model.size());
}

// Connections by slot, with the moment of the newest segment; looked through from end to end.
struct Model {
  std::map<uint32_t, PacketTime> last;

  PacketTime Oldest() const {
    PacketTime oldest = PacketTime::InfiniteFuture();
    for (const auto& [slot, time] : last) oldest = std::min(oldest, time);
    return oldest;
  }
};

void CompareWheel(PacketDelta timeout, PacketDelta bucket, int64_t step_ms, uint32_t seed) {
  ConnectionTable table(1000);
  IdleWheel wheel(table, timeout);
  Model model;
  std::mt19937 random(seed);
  PacketTime now = Ms(0);
  uint32_t next_key = 0;
  int expired = 0;
  for (int step = 0; step < 20000; ++step) {
    const int64_t pause = random() % 500 == 0 ? 300 : 1;
    now = now + PacketDelta::FromMilliseconds(pause * static_cast<int64_t>(random() % 1000) *
                                              step_ms / 1000);
    // As the tracker does: expiry first, then the segment.
    while (const std::optional<uint32_t> slot = wheel.PopExpired(now)) {
      REQUIRE(model.last.contains(*slot));
      REQUIRE(now - model.last[*slot] >= timeout);
      model.last.erase(*slot);
      table.Erase(*slot);
      ++expired;
    }
    for (const auto& [slot, last] : model.last) REQUIRE(now - last <= timeout + bucket + bucket);
    REQUIRE(wheel.size() == model.last.size());

    const auto operation = static_cast<uint32_t>(random() % 10);
    if (operation < 4 && !table.full()) {
      const ConnectionKey key = ConnectionTableModelKey(next_key++);
      const uint32_t slot = table.Insert(key, table.Hash(key));
      table[slot].last_segment = now;
      wheel.Add(slot);
      model.last[slot] = now;
    } else if (!model.last.empty()) {
      auto it = model.last.begin();
      std::advance(it, static_cast<int64_t>(random() % model.last.size()));
      const uint32_t slot = it->first;
      if (operation < 8) {
        table[slot].last_segment = now;  // a segment costs the wheel nothing
        it->second = now;
      } else if (operation == 8) {
        wheel.Remove(slot);
        model.last.erase(it);
        table.Erase(slot);
      } else {
        const PacketTime oldest = model.Oldest();
        const std::optional<uint32_t> victim = wheel.PopLongestIdle();
        REQUIRE(victim.has_value());
        REQUIRE(model.last.contains(*victim));
        REQUIRE(model.last[*victim] - oldest <= bucket);
        model.last.erase(*victim);
        table.Erase(*victim);
      }
    }
  }
  CHECK(expired > 100);
  while (wheel.PopLongestIdle().has_value()) {
  }
  CHECK(wheel.size() == 0);
}

TEST_CASE("The timer wheel expires and evicts as a full search would, to within a bucket") {
  const auto second = PacketDelta::FromSeconds(1);
  SECTION("short time-out") { CompareWheel(PacketDelta::FromSeconds(10), second, 40, 1); }
  SECTION("a millisecond") { CompareWheel(PacketDelta::FromMilliseconds(1), second, 40, 2); }
  SECTION("zero") { CompareWheel(PacketDelta::Zero(), second, 40, 3); }
  SECTION("as many ticks as the wheel is made for") {
    CompareWheel(PacketDelta::FromSeconds(1024), second, 4000, 4);
  }
  SECTION("a day") {
    CompareWheel(PacketDelta::FromSeconds(86400), PacketDelta::FromNanoseconds(84375000000), 400000,
                 5);
  }
}

}  // namespace
}  // namespace cairn::connections
