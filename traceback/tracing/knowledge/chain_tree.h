// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_CHAIN_TREE_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_CHAIN_TREE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "traceback/tracing/knowledge/drawing.h"

namespace cairn::tracing {

// A host on the way of chains, or where they begin.  Words are printing ASCII.
struct TreeNode {
  std::string name = {};
  std::vector<std::string> users = {};  // in the order in which they were met
  bool is_end = false;                  // no host of which is known more
  size_t chains = 0;
  PacketTime last = PacketTime::InfinitePast();
  std::string last_trace = {};
  bool is_proven = false;  // by at least one chain
  bool is_sure = false;    // that the host before it is that one, by at least one chain
  std::vector<std::unique_ptr<TreeNode>> before = {};  // the hosts that come to it
};

struct ChainTree {
  std::vector<std::unique_ptr<TreeNode>> targets = {};
  size_t left_out = 0;  // chains beyond kMostDrawn
};
ChainTree TreeOf(const std::vector<ShownChain>& chains);

// "alice, bob and 3 more"; empty: nobody is known.
std::string UsersOf(const TreeNode& node);
// "2 chains, the last 2026-11-29 08:00:00".
std::string CountOf(const TreeNode& node);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_CHAIN_TREE_H_
