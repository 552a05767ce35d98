// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/host_pairs.h"

#include <set>
#include <string>

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::sessions {
namespace {

uint64_t HashOf(const char* a, const char* b) {
  return HostPairs::Hash(testing::At(a, 0).ip, testing::At(b, 0).ip);
}

TEST_CASE("two hosts are one pair, whichever is named first") {
  CHECK(HashOf("192.0.2.7", "198.51.100.9") == HashOf("198.51.100.9", "192.0.2.7"));
  CHECK(HashOf("192.0.2.7", "198.51.100.9") != HashOf("192.0.2.8", "198.51.100.9"));
  CHECK(HashOf("2001:db8::1", "2001:db8::2") != HashOf("2001:db8::1", "2001:db8::3"));
}

TEST_CASE("a pair's session is found until another takes its place") {
  HostPairs pairs(4);
  const uint64_t hash = HashOf("192.0.2.7", "198.51.100.9");
  const auto nobody = [](const SessionRef&) { return false; };
  CHECK(pairs.Find(hash).id == 0);
  pairs.Put(hash, {.id = 7, .slot = 3}, nobody);
  CHECK(pairs.Find(hash).id == 7);
  CHECK(pairs.Find(hash).slot == 3);
  pairs.Put(hash, {.id = 9, .slot = 4}, nobody);
  CHECK(pairs.Find(hash).id == 9);
}

TEST_CASE("where there is no room ended sessions go first, and the loss of a live one is counted") {
  HostPairs pairs(4);  // one line
  const auto hash = [](unsigned last) {
    return HashOf("192.0.2.7", ("198.51.100." + std::to_string(last)).c_str());
  };
  std::set<uint64_t> live = {1, 2, 4, 5};  // 3 has ended
  const auto is_live = [&](const SessionRef& session) { return live.count(session.id) > 0; };
  for (unsigned id = 1; id <= 4; ++id) pairs.Put(hash(id), {.id = id, .slot = id}, is_live);
  pairs.Put(hash(5), {.id = 5, .slot = 5}, is_live);
  CHECK(pairs.Find(hash(3)).id == 0);
  CHECK(pairs.dropped() == 0);
  pairs.Put(hash(6), {.id = 6, .slot = 6}, is_live);  // all are live: the earliest goes
  CHECK(pairs.Find(hash(1)).id == 0);
  CHECK(pairs.Find(hash(2)).id == 2);
  CHECK(pairs.Find(hash(6)).id == 6);
  CHECK(pairs.dropped() == 1);
}

}  // namespace
}  // namespace cairn::sessions
