// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/role_table.h"

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::relays {
namespace {

using testing::Ms;

const IpAddress kHost = IpAddress::Parse("10.0.0.15").value();
const IpAddress kOther = IpAddress::Parse("10.0.0.16").value();
constexpr size_t kPlenty = 100;

TEST_CASE("A host is ripe when it has held connections of both roles for twenty seconds") {
  RoleTable roles(Pairing::kOppositeRoles, kPlenty);
  CHECK_FALSE(roles.IsRipe(kHost, Ms(0)));
  REQUIRE(roles.Add(kHost, Role::kAccepted, Ms(0)));
  CHECK_FALSE(roles.IsRipe(kHost, Ms(60'000)));
  REQUIRE(roles.Add(kHost, Role::kOpened, Ms(60'000)));
  CHECK_FALSE(roles.IsRipe(kHost, Ms(79'999)));
  CHECK(roles.IsRipe(kHost, Ms(80'000)));
  CHECK_FALSE(roles.IsRipe(kOther, Ms(80'000)));
}

TEST_CASE("Two connections of one role are enough where any two may be paired") {
  for (const Role role : {Role::kAccepted, Role::kOpened}) {
    RoleTable roles(Pairing::kAny, kPlenty);
    RoleTable opposite(Pairing::kOppositeRoles, kPlenty);
    for (RoleTable* table : {&roles, &opposite}) {
      table->Add(kHost, role, Ms(0));
      table->Add(kHost, role, Ms(0));
    }
    CHECK(roles.IsRipe(kHost, Ms(20'000)));
    CHECK_FALSE(opposite.IsRipe(kHost, Ms(20'000)));
  }
}

TEST_CASE("Short connections of one kind count as one held, as long as the gaps are short") {
  const auto ripe_with_gap = [](int64_t gap_ms) {
    RoleTable roles(Pairing::kOppositeRoles, kPlenty);
    roles.Add(kHost, Role::kAccepted, Ms(0));
    int64_t ms = 0;
    for (; ms < 40'000; ms += 1000 + gap_ms) {
      roles.Add(kHost, Role::kOpened, Ms(ms));
      roles.Remove(kHost, Role::kOpened, Ms(ms + 1000));
    }
    roles.Add(kHost, Role::kOpened, Ms(ms));
    return roles.IsRipe(kHost, Ms(ms + 1));
  };
  CHECK(ripe_with_gap(5000));
  CHECK_FALSE(ripe_with_gap(5001));
}

TEST_CASE("A host that lost a role is not ripe, and begins anew") {
  RoleTable roles(Pairing::kOppositeRoles, kPlenty);
  roles.Add(kHost, Role::kAccepted, Ms(0));
  roles.Add(kHost, Role::kOpened, Ms(0));
  roles.Remove(kHost, Role::kOpened, Ms(30'000));
  CHECK(roles.IsRipe(kHost, Ms(35'000)));
  CHECK_FALSE(roles.IsRipe(kHost, Ms(35'001)));
  roles.Add(kHost, Role::kOpened, Ms(40'000));
  CHECK_FALSE(roles.IsRipe(kHost, Ms(59'999)));
  CHECK(roles.IsRipe(kHost, Ms(60'000)));
}

TEST_CASE("Hosts beyond the limit are left out and counted, until a sweep has made room") {
  RoleTable roles(Pairing::kOppositeRoles, 1);
  REQUIRE(roles.Add(kHost, Role::kAccepted, Ms(0)));
  CHECK_FALSE(roles.Add(kOther, Role::kAccepted, Ms(0)));
  CHECK_FALSE(roles.Add(kOther, Role::kOpened, Ms(0)));
  CHECK(roles.Add(kHost, Role::kOpened, Ms(0)));  // it is known
  CHECK(roles.left_out() == 2);
  CHECK(roles.size() == 1);
  roles.Remove(kHost, Role::kAccepted, Ms(1000));
  roles.Sweep(Ms(100'000));
  CHECK(roles.size() == 1);  // one connection is left
  roles.Remove(kHost, Role::kOpened, Ms(100'000));
  roles.Sweep(Ms(105'000));
  CHECK(roles.size() == 1);  // another may follow
  roles.Sweep(Ms(105'001));
  CHECK(roles.size() == 0);
  CHECK(roles.Add(kOther, Role::kAccepted, Ms(105'002)));
}

TEST_CASE("Ends that nobody waits for do no harm") {
  RoleTable roles(Pairing::kOppositeRoles, kPlenty);
  roles.Remove(kHost, Role::kAccepted, Ms(0));
  CHECK(roles.size() == 0);
  roles.Add(kHost, Role::kAccepted, Ms(0));
  roles.Remove(kHost, Role::kAccepted, Ms(1));
  roles.Remove(kHost, Role::kAccepted, Ms(2));
  roles.Add(kHost, Role::kAccepted, Ms(3));
  roles.Add(kHost, Role::kOpened, Ms(3));
  CHECK(roles.IsRipe(kHost, Ms(20'003)));
}

}  // namespace
}  // namespace cairn::relays
