// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_REVOCATION_GATE_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_REVOCATION_GATE_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "traceback/tracing/link/links.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

// Only grows.
struct ListCounters {
  uint64_t taken = 0;    // lists of revoked certificates that were newer
  uint64_t useless = 0;  // that were read for nothing
  uint64_t skipped = 0;  // that were not read: known already, too long, or too many of that peer
};

// Which lists of revoked certificates of peers are worth reading.  To parse a long one and verify
// it takes as long as some hundred messages, and any peer may say that it has a newer one.
//
// A list that turns out to be of no use costs the peer one of kBurst tries, which come back one a
// minute; one that was of use costs nothing.  What has been read is not read again.  At most
// kMostCollecting lists are kept in part, one of each peer.  Single-threaded.
class RevocationGate {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int64_t kBurst = 4;
  static constexpr std::chrono::minutes kTryAgain{1};
  static constexpr size_t kMostCollecting = 16;
  static constexpr std::chrono::seconds kPatience{10};  // for the next piece
  static constexpr size_t kMostPeers = 1024;
  static constexpr size_t kMostRead = 64;

  // A piece that came by a link of that peer.  The whole list, once it is there and to be read:
  // then Judge() is to follow.
  std::optional<std::string> Take(const AgentId& peer, LinkId link, const Piece& piece,
                                  Clock::time_point now);
  void Judge(const AgentId& peer, std::string_view list, bool was_newer);
  void OnClosed(LinkId link);
  const ListCounters& counters() const { return counters_; }

 private:
  struct Peer {
    LinkId link = 0;  // by which its list comes; 0: none does
    PieceCollector pieces = {};
    Clock::time_point last_piece = {};
    int64_t tries = kBurst;
    Clock::time_point counted = {};  // since when `tries` are what they are
  };
  using Hash = std::array<uint8_t, 32>;

  Peer* PeerAt(const AgentId& id, Clock::time_point now);
  bool MayBegin(Peer& peer, LinkId link, const Piece& piece, Clock::time_point now);
  static void Stop(Peer& peer);
  static void GiveBack(Peer& peer, Clock::time_point now);

  std::map<AgentId, Peer> peers_;
  std::deque<Hash> read_;  // the latest last
  ListCounters counters_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_REVOCATION_GATE_H_
