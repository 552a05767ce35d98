// SPDX-License-Identifier: BSD-3-Clause
// Who is upstream in simulated logins: slow and fast answers, echoes and none, users who go on at
// once.
#include "tests/support/role_experiment.h"

#include "catch2/catch.hpp"

namespace cairn {
namespace {

using testing::MeasureRoles;
using testing::RoleCondition;
using testing::RoleTally;

TEST_CASE("Roles are right in all of hundreds of simulated logins") {
  constexpr uint32_t kChains = 32;
  uint32_t found = 0;
  for (const RoleCondition& condition : testing::RoleConditions()) {
    if (!condition.decidable) continue;
    const RoleTally tally = MeasureRoles(condition, 1, kChains);
    INFO(condition.name << ", wrong seeds: " << Catch::Detail::stringify(tally.wrong));
    CHECK(tally.right == tally.found);
    CHECK(tally.right_first == tally.found);
    found += tally.found;
  }
  CHECK(found >= 300);
}

TEST_CASE("Where the handshakes do not tell, waits correct most of the wrong guesses") {
  uint32_t found = 0;
  uint32_t right_first = 0;
  uint32_t right = 0;
  for (const RoleCondition& condition : testing::RoleConditions()) {
    if (condition.decidable) continue;
    const RoleTally tally = MeasureRoles(condition, 1, 40);
    found += tally.found;
    right_first += tally.right_first;
    right += tally.right;
  }
  CHECK(right > right_first);
  CHECK(10 * right >= 7 * found);
}

}  // namespace
}  // namespace cairn
