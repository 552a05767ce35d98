// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ROUNDS_PATH_H_
#define CAIRN_TRACEBACK_TRACING_ROUNDS_PATH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "base/address.h"
#include "traceback/tracing/trust/check_fact.h"
#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fact.h"

namespace cairn::tracing {

// The way back along a chain, as far as facts tell it.
//
// Circles are unwound here: a host's fact tells the links of the same users' other connections, so,
// where they are sure, a chain that passes the host again is followed without a question; one that
// leads to a connection where it has been before has no origin.  So the number of questions grows
// with the number of hosts, not of hops.  Source: ODISET, "Tracing Method and Security".
//
// Pure; takes verified facts only.  Cost: constant for each fact, link and hop.
class Path {
 public:
  static constexpr uint32_t kMostOfPair = 2;  // connections of an ordered pair of hosts

  struct Places {
    std::function<bool(const IpAddress&)> is_own;        // of this host
    std::function<bool(const IpAddress&)> may_be_asked;  // of tracing.networks
  };
  struct Next {
    enum class Kind : uint8_t { kLook, kAsk, kEnd };
    Kind kind = Kind::kEnd;
    // As the host has it that is to be looked at or asked; `local` is that host's address.
    Connection connection;
    bool is_inbound = false;
    End end = End::kNotKnown;  // of kEnd
  };

  // From `asked`, as the first host has it.  `is_inbound`: that host is its target.
  Path(const Connection& asked, bool is_inbound, uint32_t max_hops, Places places)
      : places_(std::move(places)),
        max_hops_(max_hops),
        frontier_(asked),
        frontier_is_inbound_(is_inbound) {}

  // Follows what is known, and says what comes next.
  Next Follow();
  // True: it is about the connection that Follow() wants to know of; it is one of hops() then.
  // False: it has nothing to do with the chain, or tells nothing more.
  bool Take(CheckedFact checked, SignedFact signed_fact);
  // Whether it tells nothing new: who relays it did not know what is known here.
  bool Knows(const Fact& fact) const {
    return asked_.contains(fact.asked) || links_.contains(fact.asked);
  }

  // The facts that were used, from the target's side.
  const std::vector<SignedFact>& hops() const { return signed_; }
  const std::vector<CheckedFact>& checked() const { return facts_; }
  // Connections of the chain so far, and those of them beyond kMostOfPair of an ordered pair.
  uint32_t length() const { return length_; }
  uint32_t collapsed() const { return collapsed_; }
  const Connection& frontier() const { return frontier_; }

 private:
  struct Way {  // from an outbound connection to the inbound one
    size_t fact = 0;
    Connection inbound;
  };

  Next EndOf(End end) const {
    return {.kind = Next::Kind::kEnd, .connection = frontier_, .end = end};
  }
  // Goes over to the host before; unset: there is none, and `end` says why.
  bool GoOver(const Connection& inbound);

  Places places_;
  uint32_t max_hops_;
  Connection frontier_;
  bool frontier_is_inbound_;
  bool is_over_ = false;
  End end_ = End::kNotKnown;
  std::vector<CheckedFact> facts_;
  std::vector<SignedFact> signed_;
  absl::flat_hash_map<Connection, size_t> asked_;      // facts, by what they are about
  absl::flat_hash_map<Connection, Connection> links_;  // inbound, by outbound
  absl::flat_hash_set<Connection> visited_;
  std::map<std::pair<IpAddress, IpAddress>, uint32_t> pairs_;
  uint32_t length_ = 0;
  size_t bytes_ = 0;  // of the facts
  uint32_t collapsed_ = 0;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ROUNDS_PATH_H_
