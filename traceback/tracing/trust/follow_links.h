// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_TRUST_FOLLOW_LINKS_H_
#define CAIRN_TRACEBACK_TRACING_TRUST_FOLLOW_LINKS_H_

#include <vector>

#include "traceback/tracing/trust/check_fact.h"

namespace cairn::tracing {

// Whether one hop of a chain leads to the next, over links that the hosts of the chain have told.
// Thread-compatible.
class LinkFollower {
 public:
  // `hops`, verified: they outlive this.
  explicit LinkFollower(const std::vector<CheckedFact>& hops);

  // Cost: of a step that follows at once, constant; else linear in all links.
  bool Leads(const CheckedFact& from, const CheckedFact& to) const;

 private:
  // A connection as its one end has it.  Addresses that every host has do not tell which host that
  // is: then it stands beside them.
  struct Place {
    Connection connection;
    AgentId host = {};  // zeroes: the address tells

    auto operator<=>(const Place&) const = default;
  };
  struct Edge {
    Place outbound;
    Place before;  // the other end of the inbound one
    auto operator<=>(const Edge&) const = default;
  };
  static Place PlaceOf(const Connection& connection, const AgentId& host);

  std::vector<Edge> edges_;  // sorted
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_TRUST_FOLLOW_LINKS_H_
