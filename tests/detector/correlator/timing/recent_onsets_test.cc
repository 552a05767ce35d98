// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/recent_onsets.h"

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::timing {
namespace {

using testing::Ms;
using Chain = RecentOnsets::Chain;

Onset RecentOnsetsAt(int64_t ms, uint32_t slot) {
  Onset onset;
  onset.time = Ms(ms);
  onset.slot = slot;
  return onset;
}

std::vector<uint32_t> Slots(const RecentOnsets& recent, Chain chain, uint64_t key,
                            PacketTime oldest, size_t limit = 100) {
  std::vector<uint32_t> slots;
  recent.Walk(chain, key, oldest, [&](const Onset& onset) {
    slots.push_back(onset.slot);
    return slots.size() < limit;
  });
  return slots;
}

TEST_CASE("A walk visits a chain's onsets, newest first, until they are too old") {
  RecentOnsets recent(64);
  recent.Push(RecentOnsetsAt(0, 1), {5, 1, 1});
  recent.Push(RecentOnsetsAt(10, 2), {5, 2, 2});
  recent.Push(RecentOnsetsAt(20, 3), {6, 1, 2});
  recent.Push(RecentOnsetsAt(30, 4), {5, 1, 2});
  using Found = std::vector<uint32_t>;
  CHECK(Slots(recent, Chain::kHost, 5, Ms(0)) == Found{4, 2, 1});
  CHECK(Slots(recent, Chain::kHost, 5, Ms(10)) == Found{4, 2});
  CHECK(Slots(recent, Chain::kHost, 5, Ms(11)) == Found{4});
  CHECK(Slots(recent, Chain::kHost, 7, Ms(0)).empty());
  CHECK(Slots(recent, Chain::kPrevious, 1, Ms(0)) == Found{4, 3, 1});
  CHECK(Slots(recent, Chain::kPreviousTwo, 2, Ms(0)) == Found{4, 3, 2});
  CHECK(Slots(recent, Chain::kHost, 5, Ms(0), 2) == Found{4, 2});
}

TEST_CASE("The oldest onsets give way, and a walk never meets what replaced them") {
  RecentOnsets recent(64);
  for (uint32_t i = 0; i < 1000; ++i) {
    recent.Push(RecentOnsetsAt(i, i), {i % 3, 0, 0});
    const std::vector<uint32_t> found = Slots(recent, Chain::kHost, i % 3, Ms(0));
    // Every third of the 64 that are held, this one included.
    REQUIRE(found.size() == std::min<size_t>(i / 3 + 1, 22));
    for (size_t k = 0; k < found.size(); ++k) REQUIRE(found[k] == i - 3 * k);
  }
  CHECK(Slots(recent, Chain::kPrevious, 0, Ms(0)).size() == 64);
}

TEST_CASE("The window's onsets are counted, up to the capacity") {
  RecentOnsets recent(64);
  CHECK(recent.CountSince(Ms(0)) == 0);
  for (uint32_t i = 0; i < 50; ++i) recent.Push(RecentOnsetsAt(i, i), {});
  CHECK(recent.CountSince(Ms(0)) == 50);
  CHECK(recent.CountSince(Ms(40)) == 10);
  for (uint32_t i = 50; i < 500; ++i) recent.Push(RecentOnsetsAt(i, i), {});
  CHECK(recent.CountSince(Ms(41)) == 64);
  CHECK(recent.CountSince(Ms(499)) == 1);
  CHECK(recent.CountSince(Ms(1000)) == 0);
}

}  // namespace
}  // namespace cairn::timing
