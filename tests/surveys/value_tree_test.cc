// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/value_tree.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"
#include "fmt/format.h"

namespace cairn::surveys {
namespace {

FieldColumn ColumnOf(const std::vector<int64_t>& numbers, bool unknown = false) {
  FieldColumn column;
  column.field = Field::kServerFingerprint;
  if (unknown) column.values.emplace_back();
  for (const int64_t number : numbers) {
    column.values.push_back({.known = true, .number = number, .text = {}});
  }
  column.counts.assign(column.values.size(), 2);
  return column;
}

// The ranges beyond single values.
std::vector<std::string> RangesOf(const FieldColumn& column) {
  std::vector<std::string> ranges;
  const ValueTree tree = TreeOf(column);
  for (size_t i = column.values.size(); i < tree.nodes.size(); ++i) {
    const ValueRange& range = tree.nodes[i].range;
    ranges.push_back(fmt::format("{}-{}", column.values[range.first].ToString(),
                                 column.values[range.last].ToString()));
  }
  return ranges;
}

using ValueTreeList = std::vector<std::string>;

TEST_CASE("Near values make ranges, at every scale, but for the range of all") {
  CHECK(RangesOf(ColumnOf({5, 11, 24, 25})) == ValueTreeList{"24-25", "5-11"});
  CHECK(RangesOf(ColumnOf({0, 6433, 8253, 62693, 62700, 65000})) ==
        ValueTreeList{"62693-62700", "0-8253", "62693-65000"});
  CHECK(RangesOf(ColumnOf({-3, -2, 100})) == ValueTreeList{"-3--2"});
  CHECK(RangesOf(ColumnOf({1, 2})).empty());
  CHECK(RangesOf(ColumnOf({})).empty());
}

TEST_CASE("A value that is not known is near to none") {
  CHECK(RangesOf(ColumnOf({0, 1, 50}, true)) == ValueTreeList{"0-1", "0-50"});
}

TEST_CASE("Ranges know their parts and their sessions") {
  const ValueTree tree = TreeOf(ColumnOf({1, 2, 9, 500}));
  REQUIRE(tree.nodes.size() == 6);
  CHECK(tree.nodes[4].range == ValueRange{.first = 0, .last = 1});
  CHECK(tree.nodes[5].range == ValueRange{.first = 0, .last = 2});
  CHECK(tree.nodes[5].sessions == 6);
  CHECK(tree.nodes[5].children == std::vector<uint32_t>{4, 2});
  CHECK(tree.nodes[4].parent == 5);
  CHECK(tree.nodes[5].parent == ValueTree::kNone);
}

TEST_CASE("Values at the ends of 64 bits are far apart") {
  CHECK(RangesOf(ColumnOf({INT64_MIN, INT64_MIN + 1, INT64_MAX})) ==
        ValueTreeList{"-9223372036854775808--9223372036854775807"});
}

TEST_CASE("Text has no ranges") {
  FieldColumn column = ColumnOf({1, 2, 3});
  column.field = Field::kPeer;
  CHECK(RangesOf(column).empty());
}

}  // namespace
}  // namespace cairn::surveys
