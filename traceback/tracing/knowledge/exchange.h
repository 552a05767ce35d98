// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_EXCHANGE_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_EXCHANGE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/knowledge/knowledge.h"
#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

// Only grows.
struct ExchangeCounters {
  uint64_t pulls_sent = 0;
  uint64_t pulls_received = 0;
  uint64_t pulls_refused = 0;  // too many answers under way, or asked too often
  uint64_t pushes_sent = 0;    // pieces
  uint64_t pushes_received = 0;
  uint64_t chains_sent = 0;
  uint64_t chains_received = 0;  // that were new
  uint64_t chains_unwanted = 0;  // known already
  uint64_t chains_invalid = 0;   // not decoded, or not verified
  uint64_t chains_dropped = 0;   // of peers that push more than can be verified
};

// Shares knowledge with other agents: a finished chain is pushed to all peers at once, and every
// exchange_interval some random peers are asked for what they have more.
//
// Pure logic: messages come in, messages go out, and time is told.  To each peer goes one answer at
// a time, chain by chain and at a bounded rate, so one that reads slowly costs little.  Of each
// peer so many chains are verified a second; others are dropped and asked for again.
//
// An answer ends, for each origin, with an empty piece: the sequence up to where the sender knows
// all.  Single-threaded.
class Exchange {
 public:
  // CheckChain, or what stands for it.
  using Verify = std::function<absl::Status(const Chain&)>;
  struct Outgoing {
    IpAddress to;
    Message message;
  };

  // `knowledge` outlives this.
  Exchange(Knowledge& knowledge, const KnowledgeOptions& options, Verify verify, uint64_t seed);
  // Whether a peer takes more now; unset: all do.
  using HasRoom = std::function<bool(const IpAddress& peer)>;
  void SetHasRoom(HasRoom has_room) { has_room_ = std::move(has_room); }

  // Whom it may ask and push to.
  void SetPeers(std::vector<IpAddress> peers);
  // A chain of this agent has been added: it goes to all peers.
  void Announce(const Chain& chain, PacketTime now);
  // Of a peer with a proven identity.  An error: what it sent was invalid, and why; the caller may
  // close the link.
  absl::Status Receive(const IpAddress& from, const AgentId& peer, const Pull& pull,
                       PacketTime now);
  // `taken`, if given, is called with each chain that was new.
  absl::Status Receive(const IpAddress& from, const AgentId& peer, const Push& push, PacketTime now,
                       const std::function<void(const Chain&)>& taken = nullptr);
  // The link to it has ended, or could not be opened: what was under way is forgotten, and another
  // peer is asked soon in its place.
  void Forget(const IpAddress& peer);

  // Makes messages that are due; calls Tick() and Sync() of the knowledge.
  void Step(PacketTime now);
  std::optional<Outgoing> Next();
  PacketTime NextDeadline(PacketTime now) const;
  const ExchangeCounters& counters() const { return counters_; }

 private:
  struct Peer {
    AnswerCursor answer = {};
    std::deque<std::pair<AgentId, uint64_t>> fresh = {};  // to be pushed before the answer goes on
    std::vector<Push> pieces = {};                        // of a fresh one; the last one is next
    PacketTime heard = PacketTime::InfinitePast();        // its last PULL that was taken
    PacketTime pulled = PacketTime::InfinitePast();       // when it was asked
    bool owes = false;      // it has been asked, and what it sent since was all taken
    bool has_more = false;  // than this agent, as its PULL said
    PieceCollector collector = {};
    bool is_collecting = false;
    PacketTime collecting_since = PacketTime::InfinitePast();
    int64_t allowance = 0;  // chains that may be verified, in thousandths
    PacketTime allowed = PacketTime::InfinitePast();

    bool HasOutput() const { return !answer.done() || !fresh.empty() || !pieces.empty(); }
  };

  static constexpr PacketDelta kBusyTick = PacketDelta::FromSeconds(1);
  Peer& PeerAt(const IpAddress& address) { return peers_[address]; }
  // Something has come: the next tick is not as late as one where nothing does.
  void Wake() {
    if (last_tick_.IsSet()) next_tick_ = std::min(next_tick_, last_tick_ + kBusyTick);
  }
  void PullFromSomebody(PacketTime now);
  void PullFrom(const IpAddress& address, Peer& peer, PacketTime now);
  void PullBack(PacketTime now);
  void SendTurn(PacketTime now);
  void SendTo(const IpAddress& address, Peer& peer);
  bool MayCollect(Peer& peer, PacketTime now);
  bool MayVerify(Peer& peer, PacketTime now);
  absl::Status TakeChain(const AgentId& origin, uint64_t sequence, std::string_view bytes,
                         PacketTime now, const std::function<void(const Chain&)>& taken);
  PacketDelta Jittered(PacketDelta length);

  Knowledge& knowledge_;
  KnowledgeOptions options_;
  Verify verify_;
  std::mt19937_64 random_;
  std::vector<IpAddress> known_peers_;
  std::map<IpAddress, Peer> peers_;  // with whom something is or was under way
  std::deque<Outgoing> outgoing_;
  HasRoom has_room_;
  std::optional<PacketTime> next_pull_;
  PacketTime put_off_since_ = PacketTime::InfinitePast();
  PacketTime last_taken_ = PacketTime::InfinitePast();  // when a chain came that was new
  PacketTime last_turn_ = PacketTime::InfinitePast();
  PacketTime last_tick_ = PacketTime::InfinitePast();
  PacketTime next_tick_ = PacketTime::InfinitePast();
  IpAddress last_sent_;  // whose turn was the last one
  ExchangeCounters counters_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_EXCHANGE_H_
