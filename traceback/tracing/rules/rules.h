// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_RULES_RULES_H_
#define CAIRN_TRACEBACK_TRACING_RULES_RULES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "traceback/tracing/trust/trust.h"
#include "traceback/tracing/wire/chain.h"

// What an agent does upon what it perceives: rules as data.  The first rule that matches decides.
// Source: ODISET, "Tracing Method and Security" (rules r1 and r2 among others).
namespace cairn::tracing {

// What has happened, so that rules are asked.
enum class Event : uint8_t {
  kBegin,    // somebody on this host, or a sensor, wants a trace
  kRequest,  // a peer asks about a connection of this host
  kLooked,   // this host's own fact has been made
  kNextHop,  // a previous host is to be asked
  kEnded,    // a trace that began here has ended
  kChain,    // a peer sends a finished chain
  kPeer,     // a peer has introduced itself, or failed to
};
enum class Connected : uint8_t { kConsole, kRemote, kNobody, kNotKnown };  // how the user is
enum class TraceState : uint8_t { kNew, kOwn, kSeen };                     // own: it began here
enum class Rate : uint8_t { kWithin, kExceeded };
enum class PeerKind : uint8_t { kAgent, kAsker, kUnknown, kLocal };

// What is perceived; unset: it has no meaning for this event.
struct Perceptions {
  Event event = Event::kRequest;
  std::optional<Connected> connected = {};   // of kLooked
  std::string doing = {};                    // program that holds the connection, path; of kLooked
  std::vector<std::string> users = {};       // names on the way; of kLooked
  std::optional<bool> message_valid = {};    // false of kPeer alone
  std::optional<PeerKind> peer = {};         // who asks, or sends
  std::optional<Distrust> certificate = {};  // kNone: valid; another one of kPeer alone
  std::optional<TraceState> trace = {};
  std::optional<Rate> rate = {};
  std::optional<bool> neighbour = {};    // the asker is the other end of the connection
  std::optional<bool> in_networks = {};  // the next host is in tracing.networks; of kNextHop
  std::optional<bool> known_way = {};    // the chain came the same way before; of kEnded
  std::optional<End> end = {};           // of kEnded
  IpAddress address = {};                // of the peer or next host
};

enum class Action : uint8_t {
  kFinish,       // the trace ends here
  kAsk,          // the next host is asked
  kAnswer,       // from a look at this host, and by asking on
  kAnswerKnown,  // from a look at this host alone
  kDeny,
  kBroadcast,  // what is saved goes to all peers
  kAlert,      // a line in the log that names the rule, at level warning
  kSave,       // into the knowledge base of this host
  kStopSv,     // a record by STOP, type SV, of the connection on this host
};
std::string_view ActionName(Action action);

// Conditions; all that are given must hold, each by one of its values.
struct Rule {
  std::string name = {};
  std::set<Event> events = {};  // empty: any; so with all of these
  std::set<Connected> connected = {};
  std::vector<std::string> programs = {};  // of `doing`: paths; `*` at the end stands for anything
  std::vector<std::string> users = {};     // at least one is on the way
  std::optional<bool> message_valid = {};
  std::set<PeerKind> peers = {};
  std::set<Distrust> certificates = {};
  std::set<TraceState> traces = {};
  std::set<Rate> rates = {};
  std::optional<bool> neighbour = {};
  std::optional<bool> in_networks = {};
  std::optional<bool> known_way = {};
  std::set<End> ends = {};
  PrefixSet networks = {};  // of `address`; empty: any
  std::set<Action> actions = {};
  std::string where = {};  // "file:line:column", for messages; empty: of no file
  bool shipped = false;    // one of DefaultRules()

  bool Matches(const Perceptions& seen) const;
};

struct Decision {
  std::set<Action> actions = {};
  std::string rule = {};  // its name
  bool Has(Action action) const { return actions.contains(action); }
};

// The shipped rules: those of the paper, and what makes an agent safe.  They decide upon every
// event whatever is perceived.
std::vector<Rule> DefaultRules();

class RuleBase {
 public:
  explicit RuleBase(std::vector<Rule> rules) : rules_(std::move(rules)), fired_(rules_.size()) {}

  // Of the first that matches; none: no action at all, and an empty name.
  Decision Decide(const Perceptions& seen);
  struct Fired {
    std::string rule;
    uint64_t count = 0;
  };
  std::vector<Fired> Counts() const;

 private:
  std::vector<Rule> rules_;
  std::vector<uint64_t> fired_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_RULES_RULES_H_
