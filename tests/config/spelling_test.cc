// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/spelling.h"

#include <vector>

#include "catch2/catch.hpp"

namespace cairn::config {
namespace {

TEST_CASE("the nearest path is the one with the fewest edits, and the first of equals") {
  const std::vector<std::string> known = {"capture.ring", "timing.direct.min_ratio",
                                          "timing.indirect.min_ratio", "chains"};
  CHECK(NearestPath("capture.rng", known) == "capture.ring");
  CHECK(NearestPath("timing.indirect.min_ration", known) == "timing.indirect.min_ratio");
  CHECK(NearestPath("timing.min_ratio", known) == "timing.direct.min_ratio");
  CHECK(NearestPath("chain", known) == "chains");
}

TEST_CASE("the right name in a wrong section is near") {
  const std::vector<std::string> known = {"policy.allow", "capture.ring"};
  CHECK(NearestPath("policy.ring", known) == "capture.ring");
}

TEST_CASE("what is near to no path suggests none") {
  const std::vector<std::string> known = {"capture.ring", "timing.direct.min_ratio", "policy.log"};
  CHECK(NearestPath("nonsense", known).empty());
  CHECK(NearestPath("foo", known).empty());
  CHECK(NearestPath("timing.direct.colour", known).empty());
  CHECK(NearestPath("ring", known) == "capture.ring");
  CHECK(NearestPath("min_rat", known) == "timing.direct.min_ratio");  // the begin of a name
}

}  // namespace
}  // namespace cairn::config
