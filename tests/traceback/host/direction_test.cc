// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "catch2/catch.hpp"

#include "traceback/host/tcp_direction.h"

namespace cairn::host {
namespace {

TEST_CASE("whoever sent the first SYN has one byte more acknowledged than data sent") {
  const TcpCounts idle_active = {.bytes_acked = 1};
  CHECK(DirectionOf(idle_active, false) == Direction::kOutbound);
  CHECK(DirectionOf({.bytes_acked = 0}, false) == Direction::kInbound);
  CHECK(DirectionOf({.bytes_acked = 501, .bytes_sent = 500}, false) == Direction::kOutbound);
  CHECK(DirectionOf({.bytes_acked = 500, .bytes_sent = 500}, false) == Direction::kInbound);
}

TEST_CASE("what was sent again counts once") {
  CHECK(DirectionOf({.bytes_acked = 501, .bytes_sent = 700, .bytes_sent_again = 200}, false) ==
        Direction::kOutbound);
  CHECK(DirectionOf({.bytes_acked = 500, .bytes_sent = 700, .bytes_sent_again = 200}, false) ==
        Direction::kInbound);
}

TEST_CASE("while data are under way only the active end can be proven") {
  CHECK(DirectionOf({.bytes_acked = 400, .bytes_sent = 500, .segments_unacked = 1}, false) ==
        Direction::kUnknown);
  CHECK(DirectionOf({.bytes_acked = 500, .bytes_sent = 500, .bytes_not_sent = 9}, false) ==
        Direction::kUnknown);
}

TEST_CASE("what is outstanding tells it of either end while data are under way") {
  const TcpCounts half_acked = {
      .bytes_acked = 401, .bytes_sent = 700, .bytes_sent_again = 200, .segments_unacked = 1};
  CHECK(DirectionOf(half_acked, false, 100) == Direction::kOutbound);
  CHECK(DirectionOf(half_acked, false, 99) == Direction::kInbound);
  CHECK(DirectionOf(half_acked, false, 50) == Direction::kUnknown);
  const TcpCounts not_sent = {.bytes_acked = 1, .bytes_not_sent = 9};
  CHECK(DirectionOf({.bytes_acked = 0, .bytes_not_sent = 9}, false, 9) == Direction::kInbound);
  CHECK(DirectionOf(not_sent, false, 9) == Direction::kOutbound);
}

TEST_CASE("an acknowledged FIN is a byte, too") {
  CHECK(DirectionOf({.bytes_acked = 502, .bytes_sent = 500}, true) == Direction::kOutbound);
  CHECK(DirectionOf({.bytes_acked = 501, .bytes_sent = 500}, true) == Direction::kInbound);
}

TEST_CASE("a kernel that counts less tells nothing") {
  const std::array<std::byte, 64> old{};
  CHECK_FALSE(ReadTcpCounts(old).has_value());
  const std::array<std::byte, 512> newer{};
  CHECK(ReadTcpCounts(newer).has_value());
}

}  // namespace
}  // namespace cairn::host
