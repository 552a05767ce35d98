// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/chains/hop_order.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"

namespace cairn::chains {
namespace {

struct Node {
  const ConnectionSummary* connection = nullptr;
  std::vector<size_t> fed_by;
  uint32_t depth = 0;
  std::optional<size_t> parent;  // the deepest node that feeds this one
};

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

// Each branch to its end before the next.  No recursion: a chain may be as long as the options say.
std::vector<ChainUpdate::Hop> List(const std::vector<Node>& nodes) {
  std::vector<std::vector<size_t>> below(nodes.size());
  std::vector<std::pair<size_t, std::optional<uint32_t>>> open;  // node, hop that feeds it
  for (size_t i = nodes.size(); i-- > 0;) {
    if (nodes[i].parent.has_value()) {
      below[*nodes[i].parent].push_back(i);
    } else {
      open.emplace_back(i, std::nullopt);
    }
  }
  std::vector<ChainUpdate::Hop> hops;
  hops.reserve(nodes.size());
  while (!open.empty()) {
    const auto [node, after] = open.back();
    open.pop_back();
    const auto own = static_cast<uint32_t>(hops.size());
    hops.push_back({*nodes[node].connection, after});
    for (const size_t child : below[node]) open.emplace_back(child, own);
  }
  return hops;
}

}  // namespace

std::vector<ChainUpdate::Hop> OrderHops(std::span<const ConnectionSummary> connections,
                                        std::span<const std::pair<uint64_t, uint64_t>> arrows) {
  std::vector<Node> nodes(connections.size());
  for (size_t i = 0; i < connections.size(); ++i) nodes[i].connection = &connections[i];
  std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) {
    return std::pair(a.connection->start, a.connection->uid) <
           std::pair(b.connection->start, b.connection->uid);
  });
  absl::flat_hash_map<uint64_t, size_t> place;
  for (size_t i = 0; i < nodes.size(); ++i) place[nodes[i].connection->uid] = i;
  for (const auto& [up, down] : arrows) {
    const auto from = place.find(up);
    const auto to = place.find(down);
    if (from == place.end() || to == place.end()) continue;
    if (Feeds(nodes, to->second, from->second)) continue;
    nodes[to->second].fed_by.push_back(from->second);
  }
  Measure(nodes);
  return List(nodes);
}

// A leg passes its two hosts; reverse tunnels lead either way, so a host counts as passed twice
// only when two legs that do not touch share it.
bool ComesBack(std::span<const ChainUpdate::Hop> hops, size_t last) {
  absl::flat_hash_map<IpAddress, size_t> first_leg;  // counted from the last one back
  size_t leg = 0;
  const ChainUpdate::Hop* hop = &hops[last];
  while (true) {
    const ConnectionSummary& connection = hop->connection;
    for (const IpAddress& ip : {connection.orig.ip, connection.resp.ip}) {
      if (leg - first_leg.try_emplace(ip, leg).first->second > 1) return true;
    }
    if (!hop->after.has_value()) break;
    hop = &hops[*hop->after];
    ++leg;
  }
  if (leg != 1) return false;
  // Two legs: back to the origin when both ends agree.
  const auto hosts = [](const ConnectionSummary& c) { return std::minmax(c.orig.ip, c.resp.ip); };
  return hosts(hop->connection) == hosts(hops[last].connection);
}

bool HasLoop(std::span<const ChainUpdate::Hop> hops) {
  for (size_t last = 0; last < hops.size(); ++last) {
    if (ComesBack(hops, last)) return true;
  }
  return false;
}

}  // namespace cairn::chains
