// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ROUNDS_ROUNDS_H_
#define CAIRN_TRACEBACK_TRACING_ROUNDS_ROUNDS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "base/wall_clock.h"
#include "traceback/tracing/rounds/options.h"
#include "traceback/tracing/rounds/path.h"
#include "traceback/tracing/rounds/trace_memory.h"
#include "traceback/tracing/rules/rules.h"
#include "traceback/tracing/trust/trust.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

// Who gets an answer: a link, or a client on this host.
using AskerId = uint64_t;

// Who asks.
struct Asker {
  AskerId id = 0;
  PeerKind kind = PeerKind::kAgent;
  std::string name = {};
  IpAddress address = {};                 // from which it has connected
  std::vector<IpAddress> addresses = {};  // of its certificate

  // Who caused a line of the log; unset: this host.
  std::optional<IpAddress> AsCause() const {
    return kind == PeerKind::kLocal ? std::nullopt : std::optional(address);
  }
};

// What a Rounds wants done.
struct LookWanted {  // OnLooked() is to follow, with the same number
  uint64_t look = 0;
  TraceId trace = {};
  Connection connection;
  bool is_inbound = false;
  uint64_t asker = 0;  // the same for all of one peer; 0: of this host
};
struct AskWanted {  // messages of that host, or OnAskFailed(), are to follow
  IpAddress host;
  Trace question;
};
struct StopAsking {  // the host's answer is not waited for any longer
  IpAddress host;
  TraceId trace = {};
};
struct Reply {
  AskerId asker = 0;
  Message message;
};
struct SvWanted {  // a record by STOP of that connection of this host
  TraceId trace = {};
  Connection connection;
};
struct Finished {  // a chain that was traced from here: without origin, sequence and signature
  Chain chain;
  bool save = false;
  bool broadcast = false;
};
struct LogLine {
  bool is_warning = false;
  std::optional<IpAddress> peer = {};  // who has caused it; unset: this host
  std::string text = {};
};
using Wanted = std::variant<LookWanted, AskWanted, StopAsking, Reply, SvWanted, Finished, LogLine>;

// Only grows.
struct RoundCounters {
  uint64_t begun = 0;           // here, or for a sensor
  uint64_t asked = 0;           // by other agents
  uint64_t answered_known = 0;  // of them, in a trace that was seen before
  uint64_t denied = 0;
  uint64_t for_askers = 0;  // of those that began: for who may only ask
  uint64_t over_rate = 0;   // questions beyond what their asker may ask in a minute
  uint64_t alerts = 0;      // that rules wanted
  uint64_t looks = 0;
  uint64_t looks_saved = 0;  // told from what was looked at before
  uint64_t asks = 0;         // questions to other agents
  uint64_t hops = 0;         // verified facts of others
  uint64_t unproven = 0;     // facts that could not be verified, or had nothing to do with it
  uint64_t unexpected = 0;   // messages that nobody had asked for
  uint64_t peers_lost = 0;   // that did not answer to the end
  uint64_t out_of_time = 0;
  uint64_t cancelled = 0;  // because the asker went away
};

// All traces that this host takes part in.
//
// A round looks at this host, asks the host that the connection came from, tells its asker each hop
// as it comes, and goes on by itself from the last hop where a host is lost or has already taken
// part in the trace.  What a host says that asks no further than itself is its own, signed word;
// that "nobody answers there" is not: the agent where the trace began tries for itself.
//
// Pure: no sockets, no clocks.  Bounded by RoundLimits.  Thread-compatible.
// Source: ODISET, "Proposed Model".
class Rounds {
 public:
  using Clock = std::chrono::steady_clock;
  struct Host {
    // A verified fact of that trace; what others say is checked by it, whoever relays it.
    std::function<absl::StatusOr<CheckedFact>(const SignedFact&, const TraceId&)> check;
    // Whether a chain came the same way before, and what to say of it; unset: no.
    std::function<std::optional<Met>(const Chain&)> meet;
    std::function<TraceId()> new_trace;
    std::vector<IpAddress> own;  // addresses of this host: those of its certificate
  };

  // `rules` outlives this.
  Rounds(const RoundLimits& limits, const PrefixSet& networks, RuleBase& rules, Host host)
      : limits_(limits),
        networks_(networks),
        rules_(rules),
        host_(std::move(host)),
        memory_(limits.max_remembered, ToChrono(limits.remember)) {}

  // The certificate has changed.
  void SetOwn(std::vector<IpAddress> addresses) { host_.own = std::move(addresses); }

  void OnTrace(const Asker& asker, const Trace& trace, Clock::time_point now);
  // Somebody on this host wants one.
  TraceId Begin(AskerId client, const Connection& connection, bool is_inbound,
                const std::string& reason, Clock::time_point now);
  void OnLooked(uint64_t look, const absl::StatusOr<SignedFact>& fact, Clock::time_point now);
  void OnHop(const Identity& peer, const Hop& hop, Clock::time_point now);
  void OnDone(const Identity& peer, const Done& done, Clock::time_point now);
  void OnDeny(const Identity& peer, const Deny& deny, Clock::time_point now);
  // The host could not be asked, or has gone on the way.
  void OnAskFailed(const IpAddress& host, const TraceId& trace, End end, Clock::time_point now);
  void OnAskerGone(AskerId asker);
  void OnTime(Clock::time_point now);

  std::optional<Clock::time_point> NextDeadline() const;
  std::optional<Wanted> Next();
  size_t size() const { return rounds_.size(); }
  const RoundCounters& counters() const { return counters_; }

 private:
  struct Round {
    TraceId trace = {};
    Asker asker;
    bool is_origin = false;  // the trace began here, or a sensor wants it
    bool asks_on = true;     // else it tells of this host alone
    Connection asked;
    std::string reason = {};
    uint32_t hops_left = 0;
    Clock::time_point deadline;
    Path path;
    uint32_t told = 0;                   // hops sent to the asker
    uint64_t look = 0;                   // that is waited for
    std::optional<IpAddress> host = {};  // that is waited for, and since when it has said nothing
    Connection host_asked = {};
    uint32_t host_hops = 0;  // that it has told
    Clock::time_point silent_since;
    std::map<IpAddress, uint32_t> tries = {};  // how often each host was asked
    std::optional<End> said_end = {};          // what a host said of a host beyond it
    bool sv = false;
  };
  using Id = uint64_t;

  Round MakeRound(const Asker& asker, const Trace& trace, bool asks_on, Clock::time_point now);
  void Start(Round round, Clock::time_point now);
  bool IsBusyFor(const Asker& asker, const TraceId& trace) const;
  // How long the asker has to wait until it may ask; zero: it may, and that counts.
  std::chrono::nanoseconds WaitOf(const Asker& asker, Clock::time_point now);
  Decision Decide(const Perceptions& seen, const Asker& asker, std::string_view about);
  void Warn(const Asker& asker, std::string text);
  void Advance(Id id, Clock::time_point now);
  bool AdvanceOnce(Id id, Round& round, Clock::time_point now);
  bool Look(Id id, Round& round, const Path::Next& next);
  bool Ask(Round& round, const Path::Next& next, Clock::time_point now);
  // False: it is not believed, or has nothing to do with the chain.  What is new is told to the
  // asker.
  bool TakeFact(Round& round, const SignedFact& fact, bool is_own);
  void LoseHost(Id id, Round& round, End end, Clock::time_point now);
  std::chrono::nanoseconds PatienceOf(const Round& round) const;
  void Finish(Id id, std::optional<End> end);
  void FinishAsOrigin(Round& round, End end, Done& done);
  Perceptions PerceiveLook(const Round& round, const Fact& fact) const;
  std::map<Id, Round>::iterator FindAsking(const Identity& peer, const TraceId& trace);
  void ExpectDone(const IpAddress& host, const TraceId& trace);
  bool WasDue(const Identity& peer, const TraceId& trace);
  void Want(Wanted wanted) { wanted_.push_back(std::move(wanted)); }

  const RoundLimits limits_;
  const PrefixSet networks_;
  RuleBase& rules_;
  Host host_;
  TraceMemory memory_;
  std::map<Id, Round> rounds_;
  std::map<uint64_t, Id> looks_;
  struct AskedLately {
    Clock::time_point since;
    uint32_t count = 0;
  };
  std::map<std::pair<PeerKind, std::string>, AskedLately> rates_;  // by the asker's name
  std::deque<std::pair<IpAddress, TraceId>> due_;                  // DONEs that tell nothing more
  std::deque<Wanted> wanted_;
  Id next_id_ = 1;
  uint64_t next_look_ = 1;
  RoundCounters counters_;
};

// As much of it as tells traces apart in a log.
std::string ShortText(const TraceId& trace);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ROUNDS_ROUNDS_H_
