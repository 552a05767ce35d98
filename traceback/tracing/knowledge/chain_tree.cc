// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/chain_tree.h"

#include <algorithm>

#include "fmt/format.h"

#include "traceback/tracing/knowledge/strip.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostUsers = 3;
constexpr size_t kMostKeptUsers = 64;

using Nodes = std::vector<std::unique_ptr<TreeNode>>;

TreeNode& NodeNamed(Nodes& nodes, const std::string& name, bool is_end) {
  const auto known = std::ranges::find_if(
      nodes, [&](const auto& each) { return each->name == name && each->is_end == is_end; });
  if (known != nodes.end()) return **known;
  nodes.push_back(std::make_unique<TreeNode>());
  nodes.back()->name = name;
  nodes.back()->is_end = is_end;
  return *nodes.back();
}

// Of the far end: who, or what, is there.
std::string EndLabel(const Chain& chain, const Strip& strip) {
  if (!strip.beyond.empty()) {
    return fmt::format("{} ({})", strip.beyond, EndName(chain.end));
  }
  if (chain.end == End::kConsole) return "a user at a terminal";
  if (chain.end == End::kProcess) return "a process";
  return std::string(EndName(chain.end));
}

void Note(TreeNode& node, const ShownChain& shown) {
  ++node.chains;
  node.is_proven = node.is_proven || shown.is_verified;
  if (node.last.IsSet() && shown.chain.time <= node.last) return;
  node.last = shown.chain.time;
  node.last_trace = TraceIdText(shown.chain.trace);
}

void AddUser(TreeNode& node, const std::string& user) {
  if (user.empty() || node.users.size() >= kMostKeptUsers) return;
  if (std::ranges::find(node.users, user) == node.users.end()) node.users.push_back(user);
}

void Add(ChainTree& tree, const ShownChain& shown) {
  const Strip strip = StripOf(shown.chain);
  Nodes* nodes = &tree.targets;
  if (!strip.target.empty()) {
    TreeNode& target = NodeNamed(*nodes, strip.target, false);
    Note(target, shown);
    target.is_sure = true;
    nodes = &target.before;
  }
  for (auto hop = strip.hops.rbegin(); hop != strip.hops.rend(); ++hop) {
    TreeNode& node = NodeNamed(*nodes, hop->host, false);
    Note(node, shown);
    AddUser(node, hop->user);
    node.is_sure = node.is_sure || hop->doubt.empty();
    nodes = &node.before;
  }
  Note(NodeNamed(*nodes, EndLabel(shown.chain, strip), true), shown);
}

}  // namespace

ChainTree TreeOf(const std::vector<ShownChain>& chains) {
  ChainTree tree;
  for (const ShownChain& shown : chains) {
    if (static_cast<size_t>(&shown - chains.data()) >= kMostDrawn) {
      ++tree.left_out;
      continue;
    }
    Add(tree, shown);
  }
  return tree;
}

std::string UsersOf(const TreeNode& node) {
  std::string text;
  for (size_t i = 0; i < std::min(node.users.size(), kMostUsers); ++i) {
    text += (i > 0 ? ", " : "") + node.users[i];
  }
  if (node.users.size() > kMostUsers) {
    text += fmt::format(" and {} more", node.users.size() - kMostUsers);
  }
  return text;
}

std::string CountOf(const TreeNode& node) {
  return fmt::format("{} chain{}, the last {}", node.chains, node.chains == 1 ? "" : "s",
                     MomentText(node.last));
}

}  // namespace cairn::tracing
