// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/value_tree.h"

#include <cstddef>
#include <utility>

namespace cairn::surveys {
namespace {

constexpr uint64_t kStep = 10;

// From one value to a greater one, which may be 64 bits away.
uint64_t Distance(const FieldValue& from, const FieldValue& to) {
  return static_cast<uint64_t>(to.number) - static_cast<uint64_t>(from.number);
}

// Joins the neighbours among the nodes that have no parent yet.
std::vector<uint32_t> Joined(const FieldColumn& column, const std::vector<uint32_t>& tops,
                             uint64_t most_apart, ValueTree& tree) {
  std::vector<uint32_t> joined;
  for (size_t begin = 0; begin < tops.size();) {
    size_t end = begin + 1;
    for (; end < tops.size(); ++end) {
      const FieldValue& low = column.values[tree.nodes[tops[end - 1]].range.last];
      const FieldValue& high = column.values[tree.nodes[tops[end]].range.first];
      if (!low.known || Distance(low, high) > most_apart) break;
    }
    if (end - begin == 1 || end - begin == tops.size()) {
      joined.insert(joined.end(), tops.begin() + static_cast<std::ptrdiff_t>(begin),
                    tops.begin() + static_cast<std::ptrdiff_t>(end));
    } else {
      const auto number = static_cast<uint32_t>(tree.nodes.size());
      ValueTree::Node node;
      for (size_t i = begin; i < end; ++i) {
        node.children.push_back(tops[i]);
        node.sessions += tree.nodes[tops[i]].sessions;
        tree.nodes[tops[i]].parent = number;
      }
      node.range = {.first = tree.nodes[tops[begin]].range.first,
                    .last = tree.nodes[tops[end - 1]].range.last};
      tree.nodes.push_back(std::move(node));
      joined.push_back(number);
    }
    begin = end;
  }
  return joined;
}

}  // namespace

ValueTree TreeOf(const FieldColumn& column) {
  ValueTree tree;
  std::vector<uint32_t> tops;
  for (uint32_t i = 0; i < column.values.size(); ++i) {
    tree.nodes.push_back({.range = {.first = i, .last = i},
                          .sessions = column.counts[i],
                          .parent = ValueTree::kNone,
                          .children = {}});
    tops.push_back(i);
  }
  if (!IsNumeric(column.field) || column.values.size() < 3) return tree;
  const FieldValue& least = column.values.front();
  const uint64_t span = least.known ? Distance(least, column.values.back())
                                    : Distance(column.values[1], column.values.back());
  for (uint64_t apart = 1; tops.size() > 1; apart *= kStep) {
    tops = Joined(column, tops, apart, tree);
    if (apart >= span || apart > UINT64_MAX / kStep) break;
  }
  return tree;
}

}  // namespace cairn::surveys
