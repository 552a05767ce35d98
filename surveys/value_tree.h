// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_VALUE_TREE_H_
#define CAIRN_SURVEYS_VALUE_TREE_H_

#include <cstdint>
#include <vector>

#include "surveys/cluster_fields.h"

namespace cairn::surveys {

// The values of a field, and ranges of near ones.  Neighbouring values of a numeric field that are
// at most 1 apart make a range, then those at most 10 apart, then 100, and so on: what is near
// depends on the field and on its values, so that every scale is offered and the relations show
// which one means something.  A range of all values is none.  What is not numeric has no ranges.
struct ValueTree {
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Node {
    ValueRange range;
    uint64_t sessions = 0;
    uint32_t parent = kNone;
    std::vector<uint32_t> children;  // the next smaller ranges, in order
  };
  // Each value by its place, then ranges; children before parents.
  std::vector<Node> nodes;
};

// Linear in the values, times the powers of ten in their span.
ValueTree TreeOf(const FieldColumn& column);

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_VALUE_TREE_H_
