// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/parallel/for_each_index.h"

#include <vector>

#include "catch2/catch.hpp"

namespace cairn::evaluation {
namespace {

TEST_CASE("Every index is worked on once, by any number of threads") {
  for (const int threads : {1, 2, 7}) {
    std::vector<int> calls(1000);
    ForEachIndex(calls.size(), threads, [&](size_t i) { ++calls[i]; });
    CHECK(calls == std::vector<int>(1000, 1));
  }
}

TEST_CASE("Nothing to do is done, and more threads than work are no harm") {
  int calls = 0;
  ForEachIndex(0, 4, [&](size_t) { ++calls; });
  CHECK(calls == 0);
  ForEachIndex(1, 16, [&](size_t) { ++calls; });
  CHECK(calls == 1);
}

TEST_CASE("When it returns, all that the threads wrote can be read") {
  std::vector<std::vector<int>> rows(64);
  ForEachIndex(rows.size(), 4, [&](size_t i) { rows[i].assign(i, static_cast<int>(i)); });
  size_t cells = 0;
  for (const std::vector<int>& row : rows) cells += row.size();
  CHECK(cells == 64 * 63 / 2);
}

}  // namespace
}  // namespace cairn::evaluation
