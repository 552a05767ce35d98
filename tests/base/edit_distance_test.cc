// SPDX-License-Identifier: BSD-3-Clause
#include "base/edit_distance.h"

#include "catch2/catch.hpp"

namespace cairn {
namespace {

TEST_CASE("the edit distance counts insertions, deletions, replacements and swaps") {
  CHECK(EditDistance("ring", "ring") == 0);
  CHECK(EditDistance("ring", "rings") == 1);
  CHECK(EditDistance("ring", "rng") == 1);
  CHECK(EditDistance("ring", "rang") == 1);
  CHECK(EditDistance("ring", "rnig") == 1);
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("abc", "") == 3);
  CHECK(EditDistance("kitten", "sitting") == 3);
}

TEST_CASE("a swap counts once, and letters between the two count as well") {
  CHECK(EditDistance("ab", "ba") == 1);
  CHECK(EditDistance("ca", "abc") == 3);  // no letter is edited twice
  CHECK(EditDistance("", "") == 0);
}

}  // namespace
}  // namespace cairn
