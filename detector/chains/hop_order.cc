// SPDX-License-Identifier: BSD-3-Clause
#include "detector/chains/hop_order.h"

#include <algorithm>
#include <optional>

namespace cairn::chains {
namespace {

struct Node {
  const ConnectionSummary* connection = nullptr;
  std::vector<size_t> fed_by;
  uint32_t depth = 0;
  std::optional<size_t> parent;  // the deepest node that feeds this one
};

std::optional<size_t> IndexOf(const std::vector<Node>& nodes, uint64_t uid) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].connection->uid == uid) return i;
  }
  return std::nullopt;
}

// Is there a path of arrows from `from` to `to`?
bool Feeds(const std::vector<Node>& nodes, size_t from, size_t to) {
  std::vector<bool> seen(nodes.size());
  std::vector<size_t> open = {to};
  while (!open.empty()) {
    const size_t node = open.back();
    open.pop_back();
    if (node == from) return true;
    if (seen[node]) continue;
    seen[node] = true;
    open.insert(open.end(), nodes[node].fed_by.begin(), nodes[node].fed_by.end());
  }
  return false;
}

// Longest path from a root; `fed_by` is free of circles.
void Measure(std::vector<Node>& nodes) {
  for (size_t round = 0; round < nodes.size(); ++round) {
    bool changed = false;
    for (Node& node : nodes) {
      for (const size_t before : node.fed_by) {
        if (node.parent.has_value() && nodes[before].depth + 1 <= node.depth) continue;
        node.depth = nodes[before].depth + 1;
        node.parent = before;
        changed = true;
      }
    }
    if (!changed) return;
  }
}

void List(const std::vector<Node>& nodes, size_t index, std::optional<uint32_t> after,
          std::vector<ChainUpdate::Hop>& hops) {
  const auto own = static_cast<uint32_t>(hops.size());
  hops.push_back({*nodes[index].connection, after});
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].parent == index) List(nodes, i, own, hops);
  }
}

}  // namespace

std::vector<ChainUpdate::Hop> OrderHops(std::span<const ConnectionSummary> connections,
                                        std::span<const std::pair<uint64_t, uint64_t>> arrows) {
  std::vector<Node> nodes(connections.size());
  for (size_t i = 0; i < connections.size(); ++i) nodes[i].connection = &connections[i];
  std::sort(nodes.begin(), nodes.end(),
            [](const Node& a, const Node& b) { return a.connection->uid < b.connection->uid; });
  for (const auto& [up, down] : arrows) {
    const std::optional<size_t> from = IndexOf(nodes, up);
    const std::optional<size_t> to = IndexOf(nodes, down);
    if (!from.has_value() || !to.has_value() || Feeds(nodes, *to, *from)) continue;
    nodes[*to].fed_by.push_back(*from);
  }
  Measure(nodes);
  std::vector<ChainUpdate::Hop> hops;
  hops.reserve(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].parent.has_value()) List(nodes, i, std::nullopt, hops);
  }
  return hops;
}

bool HasLoop(std::span<const ChainUpdate::Hop> hops) {
  for (const ChainUpdate::Hop& last : hops) {
    std::vector<IpAddress> passed;
    for (const ChainUpdate::Hop* hop = &last;; hop = &hops[*hop->after]) {
      // A leg adds the host it leads to; the first leg also the host it comes from.  Reverse
      // tunnels lead either way, so a host counts as passed twice only when two legs that do not
      // touch share it.
      for (const IpAddress& ip : {hop->connection.orig.ip, hop->connection.resp.ip})
        passed.push_back(ip);
      if (!hop->after.has_value()) break;
    }
    for (size_t i = 0; i < passed.size(); ++i) {
      for (size_t j = i + 1; j < passed.size(); ++j) {
        const bool adjacent = j / 2 - i / 2 <= 1;
        if (passed[i] == passed[j] && !adjacent) return true;
      }
    }
    // Two legs: back to the origin when both ends agree.
    if (passed.size() == 4 &&
        std::minmax(passed[0], passed[1]) == std::minmax(passed[2], passed[3]))
      return true;
  }
  return false;
}

}  // namespace cairn::chains
