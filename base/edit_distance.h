// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_EDIT_DISTANCE_H_
#define CAIRN_BASE_EDIT_DISTANCE_H_

#include <cstddef>
#include <string_view>

namespace cairn {

// How many letters must be inserted, deleted, replaced or swapped with their neighbour to turn `a`
// into `b` (the optimal string alignment distance).  Letters are bytes.  O(|a| * |b|) time, O(|b|)
// memory: who takes words from strangers cuts them first.
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace cairn

#endif  // CAIRN_BASE_EDIT_DISTANCE_H_
