// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/trust/follow_links.h"

#include <algorithm>
#include <optional>
#include <set>

namespace cairn::tracing {

LinkFollower::Place LinkFollower::PlaceOf(const Connection& connection, const AgentId& host) {
  return {.connection = connection, .host = IsHostsOwn(connection.local.ip) ? host : AgentId{}};
}

LinkFollower::LinkFollower(const std::vector<CheckedFact>& hops) {
  for (const CheckedFact& hop : hops) {
    for (const Link& link : hop.fact.links) {
      // Both ends of a connection by such addresses are of the same host, so `host` is right for
      // the other end as well.
      edges_.push_back({.outbound = PlaceOf(link.outbound, hop.identity.id),
                        .before = PlaceOf(link.inbound.Reversed(), hop.identity.id)});
    }
  }
  std::ranges::sort(edges_);
}

bool LinkFollower::Leads(const CheckedFact& from, const CheckedFact& to) const {
  const std::optional<Connection> next = NextAsked(from.fact);
  if (!next.has_value()) return false;
  const Place goal = PlaceOf(to.fact.asked, to.identity.id);
  std::vector<Place> open = {PlaceOf(*next, from.identity.id)};
  std::set<Place> seen(open.begin(), open.end());
  while (!open.empty()) {
    const Place place = open.back();
    open.pop_back();
    if (place == goal) return true;
    auto edge = std::ranges::lower_bound(edges_, place, {}, &Edge::outbound);
    for (; edge != edges_.end() && edge->outbound == place; ++edge) {
      if (seen.insert(edge->before).second) open.push_back(edge->before);
    }
  }
  return false;
}

}  // namespace cairn::tracing
