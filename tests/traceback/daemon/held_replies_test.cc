// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/held_replies.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn::daemon {
namespace {

using std::chrono::milliseconds;
using Held = HeldReplies<std::string>;

const Held::Clock::time_point kCame{std::chrono::seconds(1000)};

TEST_CASE("a reply leaves a fixed time after its request, or a multiple of it") {
  const Held held(PacketDelta::FromMilliseconds(100));
  const auto leaves_after = [&held](int ms) {
    return held.LeavesAt(kCame, kCame + milliseconds(ms)) - kCame;
  };
  CHECK(leaves_after(0) == milliseconds(100));
  CHECK(leaves_after(1) == milliseconds(100));
  CHECK(leaves_after(100) == milliseconds(100));
  CHECK(leaves_after(101) == milliseconds(200));
  CHECK(leaves_after(1234) == milliseconds(1300));
}

TEST_CASE("without a least time it leaves at once") {
  Held held(PacketDelta::Zero());
  CHECK(held.LeavesAt(kCame, kCame + milliseconds(3)) == kCame + milliseconds(3));
  held.Add("a", kCame, kCame + milliseconds(3));
  CHECK(held.Take(kCame + milliseconds(3)) == "a");
}

TEST_CASE("replies leave in the order of their times, and none too early") {
  Held held(PacketDelta::FromMilliseconds(100));
  CHECK_FALSE(held.Next().has_value());
  held.Add("late", kCame + milliseconds(50), kCame + milliseconds(60));
  held.Add("early", kCame, kCame + milliseconds(70));
  CHECK(held.Next() == kCame + milliseconds(100));
  CHECK_FALSE(held.Take(kCame + milliseconds(99)).has_value());
  CHECK(held.Take(kCame + milliseconds(100)) == "early");
  CHECK_FALSE(held.Take(kCame + milliseconds(100)).has_value());
  CHECK(held.Take(kCame + milliseconds(150)) == "late");
  CHECK(held.size() == 0);
}

TEST_CASE("one that nobody waits for can be taken before its time") {
  Held held(PacketDelta::FromMilliseconds(100));
  held.Add("kept", kCame, kCame);
  held.Add("gone", kCame, kCame);
  const auto is_gone = [](const std::string& each) { return each == "gone"; };
  CHECK(held.TakeIf(is_gone) == "gone");
  CHECK_FALSE(held.TakeIf(is_gone).has_value());
  CHECK(held.size() == 1);
}

}  // namespace
}  // namespace cairn::daemon
