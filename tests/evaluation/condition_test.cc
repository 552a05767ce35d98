// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/condition.h"

#include <set>
#include <string>

#include "catch2/catch.hpp"

namespace cairn::evaluation {
namespace {

TEST_CASE("conditions have names of their own, which find them") {
  std::set<std::string> names;
  for (const Condition& condition : Conditions()) {
    CHECK(names.insert(condition.name).second);
    CHECK_FALSE(condition.what.empty());
    CHECK_FALSE(condition.group.empty());
    const absl::StatusOr<Condition> found = FindCondition(condition.name);
    REQUIRE(found.ok());
    CHECK(found->what == condition.what);
  }
  for (const char* name : {"clean", "openssh", "delay-100ms", "reorder-2s", "chaff-0.2x-one-flow",
                           "typing-3x", "delay-1s+chaff-3x", "delay-500ms+typing-1x", "merge-50ms",
                           "split", "loss-0.1pct", "gro-1ms", "padding-100ms"}) {
    CHECK(names.count(name) == 1);
  }
}

TEST_CASE("an unknown condition is refused with the names of the known") {
  const absl::Status status = FindCondition("dealy-1s").status();
  CHECK(absl::IsNotFound(status));
  const std::string message(status.message());
  CHECK(message.find("'dealy-1s'") != std::string::npos);
  CHECK(message.find("delay-1s") != std::string::npos);
  CHECK(message.find("padding-100ms") != std::string::npos);
}

}  // namespace
}  // namespace cairn::evaluation
