// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/screen_feed.h"

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::relays {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file
using stream::FlowSecond;

struct DeafSink : RelaySink {
  void OnRelayNode(const RelayNode& /*finding*/) override {}
  void OnHostScore(const HostScore& /*score*/) override {}
};

// The stone accepts connection 0 and opens connection 1.
FlowSecond SecondOf(uint32_t slot, int64_t number, uint64_t marks, uint64_t uid = 0) {
  FlowSecond second;
  second.flow.slot = slot;
  second.flow.uid = uid != 0 ? uid : slot + 1;
  const Endpoint outside = At("198.51.100.7", static_cast<uint16_t>(40'000 + slot));
  const Endpoint stone = At("10.0.0.15", slot == 0 ? 22 : 50'000);
  const bool accepted = slot == 0;
  second.flow.key.ip =
      accepted ? std::array{outside.ip, stone.ip} : std::array{stone.ip, outside.ip};
  second.flow.key.port =
      accepted ? std::array{outside.port, stone.port} : std::array{stone.port, outside.port};
  second.number = number;
  second.marks = marks;
  return second;
}

std::array<IpAddress, 2> EndsOf(const FlowSecond& second) { return second.flow.key.ip; }

TEST_CASE("What flows did in a second reaches the screen when that is over, each mark once") {
  DeafSink sink;
  RelayScreen screen({}, PrefixSet(), sink);
  ScreenFeed feed(screen);
  // Its host takes on both roles, and is watched from the next stretch on.
  feed.OnSecond(SecondOf(0, 1000, 1));
  feed.OnSecond(SecondOf(1, 1000, 2));
  feed.OnSecond(SecondOf(0, 1040, 1));
  feed.OnSecond(SecondOf(1, 1040, 1));
  CHECK(screen.counters().activities == 0);
  feed.OnSecond(SecondOf(0, 1081, 0b1011));
  const uint64_t until_now = screen.counters().activities;
  CHECK(until_now > 0);
  feed.OnSecond(SecondOf(1, 1081, 0b101));
  CHECK(screen.counters().activities == until_now);
  feed.AdvanceTo(PacketTime::FromNanoseconds(1'082'000'000'000));
  constexpr uint64_t kMarks = 5;
  CHECK(screen.counters().activities ==
        until_now + 2 * kMarks);  // of the stone, and of the host outside
}

TEST_CASE("Connections of which the screen knows nothing cost no memory when they end") {
  DeafSink sink;
  RelayScreen screen({}, PrefixSet(), sink);
  ScreenFeed feed(screen);
  feed.OnSecond(SecondOf(0, 1000, 1));
  const size_t before = feed.memory_bytes();
  for (uint32_t slot = 1; slot < 100'000; ++slot) {
    feed.OnConnectionEnd(slot, slot, {}, PacketTime::FromNanoseconds(1'000'500'000'000));
  }
  CHECK(feed.memory_bytes() == before);
}

TEST_CASE("Seconds before 1970 are played in their order, too") {
  DeafSink sink;
  RelayScreen screen({}, PrefixSet(), sink);
  ScreenFeed feed(screen);
  feed.OnSecond(SecondOf(0, -1000, 1));
  feed.OnSecond(SecondOf(1, -1000, 1));
  feed.OnSecond(SecondOf(0, -960, 1));
  feed.OnSecond(SecondOf(1, -960, 1));
  CHECK(screen.counters().activities == 0);
  feed.OnSecond(SecondOf(0, -919, 1));
  CHECK(screen.counters().activities > 0);
}

TEST_CASE("A connection that ends within a second is forgotten, whoever takes its slot then") {
  DeafSink sink;
  RelayScreen screen({}, PrefixSet(), sink);
  ScreenFeed feed(screen);
  const auto at = [](int64_t ms) { return PacketTime::FromNanoseconds(ms * 1'000'000); };
  for (uint64_t uid = 1; uid <= 50; ++uid) {
    // It accepts fifty connections, one after the other, all in one place of the table.
    const auto number = static_cast<int64_t>(1000 + uid);
    const FlowSecond second = SecondOf(0, number, 1, uid);
    feed.OnSecond(second);
    feed.OnConnectionEnd(0, uid, EndsOf(second), at(number * 1000 + 500));
  }
  // None of them is left when it opens one: it has one role only, and is not watched.
  for (int64_t number = 1100; number < 1200; ++number) {
    feed.OnSecond(SecondOf(1, number, 1, 77));
  }
  feed.Finish(at(1'200'000));
  CHECK(screen.counters().activities == 0);
}

}  // namespace
}  // namespace cairn::relays
