// SPDX-License-Identifier: BSD-3-Clause
// Prints how often the detector tells upstream from downstream, condition by condition: the table
// of
// ./dev accuracy roles.
#include <cstdint>
#include <cstdio>
#include <string>

#include "fmt/format.h"

#include "tests/support/role_experiment.h"

int main(int argc, char** argv) {
  using namespace cairn::testing;  // NOLINT(google-build-using-namespace)
  // The test's seeds begin at 1; these are others.
  const uint32_t chains = argc > 1 ? static_cast<uint32_t>(std::stoul(argv[1])) : 200;
  const uint64_t first_seed = argc > 2 ? std::stoull(argv[2]) : 1'000'000;
  const bool list_wrong = argc > 3;
  fmt::print("{:<36} {:>6} {:>6} {:>12} {:>8} {:>8}\n", "condition", "chains", "found",
             "right: first", "in the end", "corrected");
  for (const RoleCondition& condition : RoleConditions()) {
    const RoleTally tally = MeasureRoles(condition, first_seed, chains);
    fmt::print("{:<36} {:>6} {:>6} {:>12} {:>10} {:>9}\n", condition.name, tally.chains,
               tally.found, tally.right_first, tally.right, tally.revised);
    if (list_wrong) fmt::print("  wrong seeds: {}\n", fmt::join(tally.wrong, " "));
    std::fflush(stdout);
  }
  return 0;
}
