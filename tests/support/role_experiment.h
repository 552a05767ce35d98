// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_ROLE_EXPERIMENT_H_
#define CAIRN_TESTS_SUPPORT_ROLE_EXPERIMENT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/login_chain.h"

// Who is upstream: simulated chains through the whole detector, condition by condition.
namespace cairn::testing {

// What a row of the table varies; what it leaves open is drawn for each chain: answers of 50 ms to
// 3 s, relay delays of 0.1 to 400 ms, round trips of 1 to 300 ms to the user and to the target.
struct RoleCondition {
  std::string name;
  bool decidable = true;  // handshakes, ports or age tell
  std::function<void(ChainModel&)> set;
};
std::vector<RoleCondition> RoleConditions();

struct RoleTally {
  uint32_t chains = 0;
  uint32_t found = 0;           // reported as a stepping stone
  uint32_t right_first = 0;     // of these: upstream and downstream right in the first alert ...
  uint32_t right = 0;           // ... and in the latest
  uint32_t revised = 0;         // alerts that were corrected at least once
  std::vector<uint64_t> wrong;  // the seeds of those that stayed wrong
};

// Chains `first_seed`, `first_seed` + 1, ... of one condition.
RoleTally MeasureRoles(const RoleCondition& condition, uint64_t first_seed, uint32_t chains);
// One of them.
ChainModel DrawChain(const RoleCondition& condition, uint64_t seed);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_ROLE_EXPERIMENT_H_
