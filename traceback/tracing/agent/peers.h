// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_PEERS_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_PEERS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/trust/trust.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

// Which link leads to which host: opens one when there is something to say, and says it when the
// link is open.  Questions go over links that this host has opened; one that was open from before
// and breaks before the answer begins is opened anew, once: the other agent may have been
// restarted.
//
// Bounded: `most` hosts that are known, kMostWaiting messages to each that is not open yet, and a
// pause after a host that could not be reached.  Single-threaded.
class Peers {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostWaiting = 64;
  // A host that could not be reached is not tried again so soon for what is not urgent.
  static constexpr std::chrono::seconds kPause{20};

  // `links` outlives this.
  Peers(Links& links, size_t most) : links_(links), most_(most) {}

  // A question, whose answer is waited for.
  void Ask(const IpAddress& host, const Trace& question);
  // Is not waited for any longer.
  void StopAsking(const IpAddress& host, const TraceId& trace);
  // What is not urgent, over whichever link there is.  False: it is not sent, and will not be.
  bool Tell(const IpAddress& host, const Message& message, Clock::time_point now);
  // Whether the host has read most of what it was told: more would only pile up.
  bool HasRoom(const IpAddress& host, size_t most_bytes) const;

  void OnOpened(const LinkOpened& opened);
  // An answer has begun.
  void OnAnswer(LinkId link, const TraceId& trace, bool is_last);
  struct Failed {
    IpAddress host;
    TraceId trace = {};
    End end = End::kSilent;
  };
  // Questions that will not be answered.
  std::vector<Failed> OnClosed(const LinkClosed& closed, Clock::time_point now);

  struct Peer {
    IpAddress address;
    Identity identity;
    bool we_opened = false;
  };
  // Whether it is open, or one that this host has begun.
  bool Knows(LinkId link) const { return open_.contains(link) || outbound_.contains(link); }
  // Of an open link; null: there is none.
  const Peer* Find(LinkId link) const;
  // Addresses of agents that have proven who they are, the latest last; at most `most`.
  std::vector<IpAddress> known() const { return {known_.begin(), known_.end()}; }

 private:
  struct Host {
    LinkId link = 0;  // 0: none
    bool is_open = false;
    bool was_used = false;              // a question was answered on it
    std::vector<Trace> asked = {};      // unanswered
    std::vector<Message> waiting = {};  // until it is open
    std::set<TraceId> again = {};       // asked a second time
    Clock::time_point failed{};
    bool has_failed = false;
  };

  void Prune();
  void AskAt(const IpAddress& address, Host& host, const Trace& question);
  void Send(const IpAddress& address, Host& host, const Message& message);
  void Remember(const IpAddress& address);

  Links& links_;
  const size_t most_;
  std::map<IpAddress, Host> hosts_;
  absl::flat_hash_map<LinkId, IpAddress> outbound_;
  absl::flat_hash_map<LinkId, Peer> open_;
  std::map<IpAddress, LinkId> inbound_;  // the latest that each host has opened
  std::deque<IpAddress> known_;
};

// What the end of a link means for the question.
End EndOfLink(LinkEnd end);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_PEERS_H_
