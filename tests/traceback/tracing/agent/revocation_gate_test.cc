// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/revocation_gate.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {
namespace {

using Gate = RevocationGate;
using std::chrono::seconds;

constexpr LinkId kLink = 7;
constexpr AgentId kPeer = {1};

std::string ListOf(size_t bytes, char content) { return std::string(bytes, content); }

// All of its pieces; the whole list, if it is to be read.
std::optional<std::string> TakeAll(Gate& gate, const AgentId& peer, LinkId link,
                                   const std::string& list, Gate::Clock::time_point now) {
  std::optional<std::string> taken;
  for (const Piece& piece : Split(list)) taken = gate.Take(peer, link, piece, now);
  return taken;
}

}  // namespace

TEST_CASE("lists that are newer are read, as many as come") {
  Gate gate;
  for (char i = 0; i < 20; ++i) {
    const std::string list = ListOf(40000, static_cast<char>('a' + i));
    REQUIRE(TakeAll(gate, kPeer, kLink, list, {}) == list);
    gate.Judge(kPeer, list, true);
  }
  CHECK(gate.counters().taken == 20);
  CHECK(gate.counters().skipped == 0);
}

TEST_CASE("a peer whose lists are of no use is read a few times, and then once a minute") {
  Gate gate;
  Gate::Clock::time_point now{};
  const auto read = [&](char content) {
    const std::string list = ListOf(40000, content);
    if (!TakeAll(gate, kPeer, kLink, list, now).has_value()) return false;
    gate.Judge(kPeer, list, false);
    return true;
  };
  char content = 'a';
  for (int64_t i = 0; i < Gate::kBurst; ++i) CHECK(read(content++));
  CHECK_FALSE(read(content++));
  CHECK_FALSE(read(content++));
  now += seconds(59);
  CHECK_FALSE(read(content++));
  now += seconds(1);
  CHECK(read(content++));
  CHECK_FALSE(read(content++));
  // Another peer is read all the while.
  const std::string other = ListOf(100, 'z');
  CHECK(TakeAll(gate, {2}, 8, other, now) == other);
  CHECK(gate.counters().useless == static_cast<uint64_t>(Gate::kBurst) + 1);
  CHECK(gate.counters().skipped == 4);
}

TEST_CASE("a list that was read once is not read again, whoever sends it") {
  Gate gate;
  const std::string old = ListOf(40000, 'o');
  const std::string fresh = ListOf(40000, 'f');
  REQUIRE(TakeAll(gate, {1}, 1, old, {}).has_value());
  gate.Judge({1}, old, false);
  REQUIRE(TakeAll(gate, {1}, 1, fresh, {}).has_value());
  gate.Judge({1}, fresh, true);
  for (uint8_t peer = 2; peer < 10; ++peer) {
    CHECK_FALSE(TakeAll(gate, {peer}, peer, old, {}).has_value());
    CHECK_FALSE(TakeAll(gate, {peer}, peer, fresh, {}).has_value());
  }
  CHECK(gate.counters().skipped == 16);
}

TEST_CASE("what is longer than a list may be is not even collected") {
  Gate gate;
  const auto parts = static_cast<uint32_t>((kMostRevocationBytes - 1) / kMostPieceBytes + 2);
  REQUIRE(parts <= kMostPieces);
  const Piece first = {.part = 0, .parts = parts, .bytes = ListOf(kMostPieceBytes, 'x')};
  CHECK_FALSE(gate.Take(kPeer, kLink, first, {}).has_value());
  CHECK(gate.counters().skipped == 1);
  const std::string longest = ListOf(kMostRevocationBytes, 'x');
  CHECK(TakeAll(gate, kPeer, kLink, longest, {}) == longest);
}

TEST_CASE("a list that comes by two links of a peer at once is whole") {
  Gate gate;
  const std::string list = ListOf(3 * kMostPieceBytes, 'l');
  std::optional<std::string> whole;
  for (const Piece& piece : Split(list)) {
    for (const LinkId link : {LinkId{1}, LinkId{2}}) {
      std::optional<std::string> taken = gate.Take(kPeer, link, piece, {});
      if (taken.has_value()) whole = std::move(taken);
    }
  }
  CHECK(whole == list);
}

TEST_CASE("few lists are kept in part, and those that do not go on make room") {
  Gate gate;
  const std::vector<Piece> pieces = Split(ListOf(2 * kMostPieceBytes, 'l'));
  Gate::Clock::time_point now{};
  const auto id = [](size_t i) { return AgentId{static_cast<uint8_t>(i)}; };
  for (size_t i = 1; i <= Gate::kMostCollecting; ++i) gate.Take(id(i), i, pieces[0], now);
  CHECK_FALSE(TakeAll(gate, {200}, 200, ListOf(100, 'm'), now).has_value());
  // A link that closes makes room, and so does one that says nothing more.
  gate.OnClosed(1);
  CHECK(TakeAll(gate, {200}, 200, ListOf(100, 'm'), now).has_value());
  gate.Take(id(1), 1, pieces[0], now);
  now += Gate::kPatience;
  CHECK(TakeAll(gate, {200}, 200, ListOf(100, 'n'), now).has_value());
  CHECK_FALSE(gate.Take(id(2), 2, pieces[1], now).has_value());
}

TEST_CASE("of any number of peers so many are remembered, and honest ones find room") {
  Gate gate;
  Gate::Clock::time_point now{};
  const auto id = [](size_t i) {
    return AgentId{static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8)};
  };
  for (size_t i = 0; i < Gate::kMostPeers; ++i) {
    const std::string list = "list " + std::to_string(i);
    REQUIRE(TakeAll(gate, id(i), i + 1, list, now).has_value());
    gate.Judge(id(i), list, false);
  }
  CHECK_FALSE(TakeAll(gate, id(Gate::kMostPeers), 1, "another", now).has_value());
  now += std::chrono::minutes(1);
  CHECK(TakeAll(gate, id(Gate::kMostPeers), 1, "another", now).has_value());
}

}  // namespace cairn::tracing
