// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/sub_uids.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn::host {
namespace {

TEST_CASE("a user id in a range belongs to the range's user, and one beside it to nobody") {
  const SubUids uids("alice:100000:65536\nbob:165536:65536\n1003:300000:1\n");
  CHECK(uids.OwnerOf(99'999).empty());
  CHECK(uids.OwnerOf(100'000) == "alice");
  CHECK(uids.OwnerOf(165'535) == "alice");
  CHECK(uids.OwnerOf(165'536) == "bob");
  CHECK(uids.OwnerOf(231'071) == "bob");
  CHECK(uids.OwnerOf(231'072).empty());
  CHECK(uids.OwnerOf(300'000) == "1003");
  CHECK(uids.OwnerOf(0).empty());
}

TEST_CASE("what is given to several users belongs to none, and the rest of the ranges to theirs") {
  const SubUids uids("alice:1000:9000\nbob:2000:10\nalice:5000:10\n");
  CHECK(uids.OwnerOf(1999) == "alice");
  CHECK(uids.OwnerOf(2000).empty());
  CHECK(uids.OwnerOf(2009).empty());
  CHECK(uids.OwnerOf(2010) == "alice");
  CHECK(uids.OwnerOf(5000) == "alice");  // twice the same is one
  CHECK(uids.OwnerOf(9999) == "alice");
}

TEST_CASE("lines that are no ranges say nothing, whatever they hold") {
  const SubUids uids(
      "# alice:100:5\n\n::\n:100:5\nalice\nalice:100\nalice:100:\nalice:-1:5\nalice:100:5:6\n"
      "alice:0:4294967295\nalice:x:5\nalice:5000000000:5\nalice:18446744073709551615:9\n"
      "bob:200:3");
  for (const uint32_t uid : {0U, 1U, 100U, 104U, 4'294'967'294U}) CHECK(uids.OwnerOf(uid).empty());
  CHECK(uids.OwnerOf(202) == "bob");  // the last line need not end
}

TEST_CASE("a range ends with the user ids, however many it claims") {
  const SubUids uids("alice:4294967000:18446744073709551615\n");
  CHECK(uids.OwnerOf(4'294'967'294) == "alice");
  CHECK(uids.OwnerOf(4'294'967'295).empty());  // no user id
}

TEST_CASE("without a file no range is anybody's") {
  CHECK(SubUids::Read("/nonexistent").OwnerOf(100'000).empty());
}

}  // namespace
}  // namespace cairn::host
