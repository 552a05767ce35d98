// SPDX-License-Identifier: BSD-3-Clause
#include "output/chain_path.h"

#include "catch2/catch.hpp"

#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

using samples::At;
using samples::Connection;
using Hop = ChainUpdate::Hop;

TEST_CASE("a direct pair reads from the person over the stone to the target") {
  CHECK(PairPath(samples::Upstream(), samples::Downstream()) ==
        "172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22");
}

TEST_CASE("an indirect pair shows that hops are missing") {
  CHECK(PairPath(Connection(At("1.0.0.1", 9), At("10.0.0.1", 22)),
                 Connection(At("10.0.0.2", 9), At("2.0.0.2", 22))) ==
        "1.0.0.1 -> 10.0.0.1:22 ~> 10.0.0.2 -> 2.0.0.2:22");
}

TEST_CASE("a reverse tunnel reads in the direction of the keystrokes") {
  // Both connections were opened from 10.0.0.1; keystrokes come in against the first.
  CHECK(PairPath(Connection(At("10.0.0.1", 9), At("1.0.0.1", 443)),
                 Connection(At("10.0.0.1", 8), At("2.0.0.2", 22))) ==
        "1.0.0.1:443 -> 10.0.0.1 -> 2.0.0.2:22");
}

TEST_CASE("a chain that returns to its first host reads to its end") {
  CHECK(PairPath(Connection(At("1.0.0.1", 9), At("10.0.0.1", 22)),
                 Connection(At("10.0.0.1", 8), At("1.0.0.1", 22))) ==
        "1.0.0.1 -> 10.0.0.1:22 -> 1.0.0.1:22");
}

TEST_CASE("a longer chain is one line, IPv6 ends are bracketed") {
  const std::vector<Hop> hops = {{Connection(At("2001:db8::1", 9), At("2001:db8::2", 22)), {}},
                                 {Connection(At("2001:db8::2", 9), At("2001:db8::3", 23)), 0},
                                 {Connection(At("2001:db8::3", 9), At("2001:db8::4", 22)), 1}};
  CHECK(ChainPath(hops) ==
        "2001:db8::1 -> [2001:db8::2]:22 -> [2001:db8::3]:23 -> [2001:db8::4]:22");
}

TEST_CASE("one user with several targets fans out") {
  const std::vector<Hop> hops = {{Connection(At("1.0.0.1", 9), At("10.0.0.1", 22)), {}},
                                 {Connection(At("10.0.0.1", 9), At("2.0.0.1", 22)), 0},
                                 {Connection(At("10.0.0.1", 8), At("2.0.0.2", 22)), 0},
                                 {Connection(At("2.0.0.2", 8), At("10.0.0.7", 22)), 2},
                                 {Connection(At("10.0.0.9", 8), At("2.0.0.3", 22)), 0}};
  CHECK(ChainPath(hops) ==
        "1.0.0.1 -> 10.0.0.1:22 -> {2.0.0.1:22, 2.0.0.2:22 -> 10.0.0.7:22, ~> 10.0.0.9 -> "
        "2.0.0.3:22}");
}

TEST_CASE("hops that point nowhere do not break the line") {
  const std::vector<Hop> hops = {{samples::Upstream(), 5}, {samples::Downstream(), 1}};
  CHECK(ChainPath(hops) == "172.16.4.2 -> 10.10.0.15:22; 10.10.0.15 -> 172.16.2.2:22");
  CHECK(ChainPath({}).empty());
}

TEST_CASE("a path is broken before its arrows and keeps every word") {
  const std::string path = "172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22";
  CHECK(WrapPath(path, 60) == std::vector<std::string>{path});
  CHECK(WrapPath(path, 30) ==
        std::vector<std::string>{"172.16.4.2 -> 10.10.0.15:22", "-> 172.16.2.2:22"});
  CHECK(WrapPath(path, 3) ==
        std::vector<std::string>{"172.16.4.2", "-> 10.10.0.15:22", "-> 172.16.2.2:22"});
  CHECK(WrapPath("a -> {bbbb, cccc}", 12) == std::vector<std::string>{"a -> {bbbb,", "cccc}"});
}

}  // namespace
}  // namespace cairn::output
