// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/known_servers.h"

#include <array>
#include <set>

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::sessions {
namespace {

uint64_t KnownServersHashOf(uint16_t port) {
  return KnownServers::Hash(testing::At("198.51.100.9", port));
}

TEST_CASE("servers by address and port have hashes of their own") {
  std::set<uint64_t> hashes;
  for (const char* ip : {"198.51.100.9", "198.51.100.10", "2001:db8::1", "2001:db8:0:1::"}) {
    for (uint32_t port = 0; port < 65536; port += 7) {
      const uint64_t hash = KnownServers::Hash(testing::At(ip, static_cast<uint16_t>(port)));
      CHECK(hash != 0);
      hashes.insert(hash & KnownServers::kHashBits);
    }
  }
  CHECK(hashes.size() == size_t{4} * 9363);
}

TEST_CASE("what is known of a server stays until its line of four is full of later ones") {
  KnownServers servers(4);  // one line
  CHECK(servers.Find(KnownServersHashOf(1)) == nullptr);
  for (const uint16_t port : std::array<uint16_t, 4>{1, 2, 3, 4})
    servers.FindOrInsert(KnownServersHashOf(port)).transient = 1;
  CHECK(servers.dropped() == 0);
  REQUIRE(servers.Find(KnownServersHashOf(1)) != nullptr);  // used: the longest unused is now 2
  CHECK(servers.FindOrInsert(KnownServersHashOf(5)).transient == 0);
  CHECK(servers.dropped() == 1);
  CHECK(servers.Find(KnownServersHashOf(2)) == nullptr);
  for (const uint16_t port : std::array<uint16_t, 3>{1, 3, 4}) {
    INFO(port);
    REQUIRE(servers.Find(KnownServersHashOf(port)) != nullptr);
    CHECK(servers.Find(KnownServersHashOf(port))->transient == 1);
  }
}

TEST_CASE("a table with room for all keeps nearly all, and counts what it does not") {
  KnownServers servers(65536);
  for (uint32_t port = 0; port < 16384; ++port) {
    servers.FindOrInsert(KnownServersHashOf(static_cast<uint16_t>(port)));
  }
  uint64_t kept = 0;
  for (uint32_t port = 0; port < 16384; ++port) {
    if (servers.Find(KnownServersHashOf(static_cast<uint16_t>(port))) != nullptr) ++kept;
  }
  CHECK(kept + servers.dropped() == 16384);
  CHECK(servers.dropped() < 164);  // a line has one on average: more than four are rare
}

}  // namespace
}  // namespace cairn::sessions
