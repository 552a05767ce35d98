// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ASKER_CHAIN_WALK_H_
#define CAIRN_TRACEBACK_TRACING_ASKER_CHAIN_WALK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "traceback/tracing/trust/check_fact.h"
#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fact.h"

namespace cairn::tracing {

// What an asker knows of one chain so far, whom it would ask next, and when there is nothing more
// to learn.  Facts are values that have been verified; nothing here reads, waits or knows a clock.
//
// The chain is followed from the asked connection: the fact about it names the inbound connection
// that drives it, and the host at its other end is looked for next.  What facts that are there
// already tell (also by their sure `links`, of sessions that pass a host again) is followed without
// a question, so that circles cost their hosts one question each.  A host is asked at most once
// about one connection.  Only facts decide what is in the chain; what an answer claims about its
// end counts only where the facts stop and nobody can be asked.
//
// Bounded: kMostHops facts in the chain and as many beside it.  Thread-compatible.  O(log facts) a
// call, and O(links) for a fact.
class ChainWalk {
 public:
  // `asked`: as the first host has it.  `networks`: whose hosts may be asked beside the first.
  // `most_hops`: at most kMostHops.
  ChainWalk(const Connection& asked, const PrefixSet& networks, uint32_t most_hops);

  enum class Fit : uint8_t {
    kJoins,      // the chain has grown by it, and perhaps by others that had been there before
    kRepeated,   // its connection's fact is there already
    kUnrelated,  // it does not follow from what is known: kept, in case that later facts lead to it
    kOver,       // the chain has its end, or too many facts came
  };
  Fit Take(CheckedFact fact);
  // Why a fact that kUnrelated or kOver was said of is a claim only.  `is_first`: no fact had
  // joined before it.
  static std::string_view WhyClaim(Fit fit, bool is_first);

  struct Target {
    IpAddress host;
    Connection connection;  // as that host has it

    bool operator==(const Target&) const = default;
  };
  // Whom to ask now.  Unset: the chain is over, or the answer to the last question is still out.
  std::optional<Target> ToAsk() const;
  // The host of ToAsk() is being asked.
  void Asking();
  // Its answer has come to its end; `said`: how the chain ends, in its words.
  void AnswerEnded(std::optional<End> said);
  // The answer broke off, or there was none: `why` holds where nothing of it is known, and else
  // the host after the last that is known is to be asked.
  void AnswerBroke(End why);
  // Time is up, or nobody may be asked any more.
  void Stop(End why);

  // How the chain ends, once it does.
  const std::optional<End>& end() const { return end_; }
  // The facts of the chain, from the asked host on.  Only grows.
  const std::vector<CheckedFact>& hops() const { return hops_; }
  // Connections that `links` of earlier facts told, beside `hops`: further rounds of circles.
  uint32_t rounds_collapsed() const { return collapsed_; }
  // Where the chain goes on, as that host would have it; unset: its root is known.
  std::optional<Connection> beyond() const;

 private:
  // A connection as its one end has it.  Addresses that every host has (loopback) do not tell which
  // host that is: then it stands beside them.
  struct Place {
    Connection connection;
    AgentId host = {};  // zeroes: the address tells

    auto operator<=>(const Place&) const = default;
  };
  static Place PlaceOf(const Connection& connection, const AgentId& host);

  void Advance();
  bool MayAsk() const;
  bool Step(const Place& place);
  void GoOnOr(End otherwise);

  const PrefixSet networks_;
  const size_t most_hops_;
  Place wanted_;    // what the next fact of the chain is about
  IpAddress host_;  // who can say
  bool waiting_ = false;
  std::optional<End> end_;
  std::vector<CheckedFact> hops_;
  uint32_t collapsed_ = 0;
  std::set<Place> passed_;               // of the chain
  std::set<Place> questions_;            // what was asked about
  std::map<Place, CheckedFact> beside_;  // facts that nothing leads to yet
  std::map<Place, Place> links_;         // from an outbound connection to the host before
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ASKER_CHAIN_WALK_H_
