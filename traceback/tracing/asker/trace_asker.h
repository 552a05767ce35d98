// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ASKER_TRACE_ASKER_H_
#define CAIRN_TRACEBACK_TRACING_ASKER_TRACE_ASKER_H_

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "traceback/tracing/asker/ask_rates.h"
#include "traceback/tracing/asker/chain_walk.h"
#include "traceback/tracing/asker/options.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/trust/check_fact.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

// What to trace.
struct AskRequest {
  Connection connection;                     // as the host that is asked first has it
  bool is_inbound = false;                   // the trace begins at its target, not at who opened it
  std::string reason = {};                   // "alert 5f0c0123456789ab"; cut to kMostText
  std::optional<PacketDelta> deadline = {};  // unset: AskerLimits::deadline
};

using AskId = uint64_t;
// A hop of the chain, verified: the fact is signed by the host that it is about, and follows from
// the hop before.
struct HopFound {
  AskId id = 0;
  uint32_t number = 1;  // in the chain, from the asked host on
  CheckedFact hop;
};
// What an agent passed on and is not believed.  It may be found later, when its own host is asked.
struct HopClaimed {
  AskId id = 0;
  TraceId trace = {};
  IpAddress teller;  // who passed it on
  // What it says; unset: it cannot even be read.
  std::optional<Fact> fact = {};
  std::string why = {};  // it is not believed
};
// At least the first host has told something.
struct AskDone {
  AskId id = 0;
  TraceId trace = {};
  End end = End::kNotKnown;
  uint32_t hops = 0;
  uint32_t rounds_collapsed = 0;
  uint32_t claims = 0;
  std::optional<Connection> beyond = {};  // where it goes on, as that host has it
  // The known chains that came the same way, by the word of `met_by`.
  std::optional<Met> met = {};
  IpAddress met_by = {};
  std::string detail = {};  // what the last one who did not answer did; for people
};
enum class AskFailure : uint8_t {
  kNoAgent,   // nobody listens there
  kSilent,    // nobody answers, or the answer broke off before its first hop
  kDenied,    // it would not say, or one of the two certificates is not believed
  kUnproven,  // what it answered could not be verified
  kTime,      // it was not its turn before its deadline
  kQueueFull,
  kUnfinished,  // given up by the caller
};
std::string_view AskFailureName(AskFailure failure);  // "no_agent", "silent", "denied", ...
// Nothing is known.
struct AskFailed {
  AskId id = 0;
  TraceId trace = {};
  AskFailure reason = AskFailure::kSilent;
  uint32_t claims = 0;
  std::string detail = {};  // for people
};
// An agent has sent a list of revoked certificates: for Trust::TakeRevocations.
struct ListOffered {
  std::string list = {};  // DER
};
using AskEvent = std::variant<HopFound, HopClaimed, AskDone, AskFailed, ListOffered>;

struct AskerCounters {
  uint64_t begun = 0;
  uint64_t queue_full = 0;
  uint64_t done = 0;
  uint64_t failed = 0;
  uint64_t questions = 0;     // TRACE messages
  uint64_t turns_waited = 0;  // questions that rates have held up
  uint64_t hops = 0;          // found
  uint64_t claims = 0;
  uint64_t repeated = 0;      // hops that were known
  uint64_t denied = 0;        // questions
  uint64_t broken = 0;        // answers that broke off, or never came
  uint64_t out_of_order = 0;  // answers against the protocol
  uint64_t unexpected = 0;    // messages of traces that the peer is not asked about (any more)
};

// Asks agents to trace chains, and follows each to its end by itself where an agent does not.
//
// It believes nobody: each hop is verified, and has to follow from those before (ChainWalk).  What
// does not is passed on as a claim.  An answer that breaks off, or ends before the chain does, is
// gone on with by asking the host that its last hop leads to.
//
// Bounded by AskerLimits; an answer has at most kMostHops hops, and a trace as many claims that are
// told.  One question of a trace at a time.  Single-threaded; nothing blocks but Links.
class TraceAsker {
 public:
  using Clock = Links::Clock;
  // CheckFact, with what is trusted and the time.
  using Verify =
      std::function<absl::StatusOr<CheckedFact>(const SignedFact& fact, const TraceId& trace)>;

  // `links` outlives this, and is its own: nobody else takes its events.
  TraceAsker(const AskerLimits& limits, const PrefixSet& networks, Links& links, Verify verify);

  // Its events will have this id, the caller's own; one of them is AskDone or AskFailed, and the
  // last.
  void Begin(AskId id, AskRequest request, Clock::time_point now);
  // All that are open end now, as AskDone with what is known, or as AskFailed (kUnfinished).
  void GiveUp();

  void AppendPolled(std::vector<pollfd>& polled) const { links_.AppendPolled(polled); }
  std::optional<Clock::time_point> NextDeadline() const;
  void Step(Clock::time_point now, std::span<const pollfd> ready);
  std::optional<AskEvent> Next();

  bool idle() const { return waiting_.empty() && open_.empty(); }
  const AskerCounters& counters() const { return counters_; }

 private:
  struct Waiting {
    AskId id = 0;
    AskRequest request;
    Clock::time_point deadline;
  };
  // To one host.
  struct Question {
    IpAddress host;
    Connection connection;
    LinkId link = 0;
    bool had_link = false;  // before: it may have been dead for long
    bool sent = false;
    bool asked_again = false;  // after it had been denied for the moment
    uint32_t hops = 0;         // of its answer
    Clock::time_point not_before = {};
    Clock::time_point silent_at = {};
  };
  struct Open {
    AskId id = 0;
    TraceId trace = {};
    AskRequest request;
    Clock::time_point deadline;
    ChainWalk walk;
    std::optional<Question> question = {};
    bool waits_for_turn = false;
    size_t hops_told = 0;
    uint32_t claims = 0;
    std::string detail = {};
    std::optional<Met> met = {};
    IpAddress met_by = {};
  };
  struct Peer {
    LinkId link = 0;
    bool open = false;
  };

  bool TakeLinkEvents(Clock::time_point now);
  void Take(const LinkOpened& event, Clock::time_point now);
  void Take(const LinkReceived& event, Clock::time_point now);
  void Take(const LinkClosed& event, Clock::time_point now);
  void Take(Open& open, const Hop& hop);
  void Take(Open& open, const Done& done);
  void Take(Open& open, const Deny& deny, Clock::time_point now);
  Open* Find(const TraceId& trace, LinkId link);
  bool Run(Clock::time_point now);
  bool RunOne(Open& open, Clock::time_point now);
  void Ask(Open& open, const ChainWalk::Target& target, Clock::time_point now);
  void Connect(Question& question);
  void Send(Open& open, Clock::time_point now);
  void Break(Open& open, End why, std::string detail);
  void Claim(Open& open, const SignedFact& fact, std::string why);
  void TellHops(Open& open);
  void Finish(Open& open);
  void CloseUnused();

  const AskerLimits limits_;
  const PrefixSet networks_;
  Links& links_;
  Verify verify_;
  std::deque<Waiting> waiting_;
  std::list<Open> open_;
  std::map<IpAddress, Peer> peers_;
  std::map<LinkId, PieceCollector> lists_;
  AskRates rates_;
  std::deque<AskEvent> events_;
  AskerCounters counters_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ASKER_TRACE_ASKER_H_
