// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_PEER_LINK_H_
#define CAIRN_TRACEBACK_TRACING_LINK_PEER_LINK_H_

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/link/channel.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/stream.h"

namespace cairn::tracing {

// What poll() says, by descriptor.
using Happened = absl::flat_hash_map<int, short>;
inline short HappenedTo(const Happened& happened, int descriptor) {
  const auto found = happened.find(descriptor);
  return found == happened.end() ? short{0} : found->second;
}
void AppendPolled(std::vector<pollfd>& polled, int descriptor, short events);

// Connections on which nothing more is said, until the last of it has gone out.  Bounded; the
// oldest gives way.
class Leavers {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMost = 64;
  void Take(std::unique_ptr<Stream> connection, Clock::time_point now);
  void AppendTo(std::vector<pollfd>& polled) const;
  std::optional<Clock::time_point> NextDeadline() const;
  void Step(Clock::time_point now, const Happened& happened);

 private:
  struct Leaver {
    std::unique_ptr<Stream> connection;
    Clock::time_point until;
  };
  std::deque<Leaver> leavers_;
};

// What all links of an agent share.
struct LinkSurroundings {
  LinkOptions options;
  const Trust* trust = nullptr;
  std::string host_name;
  std::function<PacketTime()> wall;
  std::unique_ptr<Transport> transport = nullptr;
  LinkCounters counters = {};
  std::deque<LinkEvent> events = {};
  Leavers leavers = {};
};

// The link to one peer, whichever ports it goes on at.
//
// A responder that wants to go on at a work port listens there for this peer alone, says so, and
// takes the first connection that comes with a ticket of this session.  Either side, once the new
// connection stands, says `moved` as the last on the old one and speaks on the new one; it reads
// the new one only when the other's `moved` has come.  So everything keeps its place.
class PeerLink {
 public:
  using Clock = std::chrono::steady_clock;
  // At a work port: others on the peer's host may knock, too; one of them is the peer.
  static constexpr size_t kMostCandidates = 4;
  // Open at once: the connection, a listener, its candidates, and one that was accepted just now.
  static constexpr uint64_t kMostDescriptors = 1 + 1 + kMostCandidates + 1;
  // Of one that this host has opened: the connection, and the one that it goes on by.
  static constexpr uint64_t kMostDescriptorsOfOwn = 2;
  // To `address`; begins to connect.
  PeerLink(LinkSurroundings& all, LinkId id, const IpAddress& address, Clock::time_point now);
  // Of a peer that has proven who it is.
  PeerLink(LinkSurroundings& all, LinkId id, const IpAddress& address,
           std::unique_ptr<Stream> connection, Clock::time_point now);
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

  LinkId id() const { return id_; }
  bool we_opened() const { return we_opened_; }
  bool open() const { return open_; }
  bool ended() const { return ended_; }
  const Peer& peer() const { return peer_; }
  const IpAddress& address() const { return address_; }

  bool Send(const Message& message, Clock::time_point now);
  size_t queued() const {
    return (current_ == nullptr ? 0 : current_->queued()) +
           (next_ == nullptr ? 0 : next_->queued());
  }
  // HELLO, anew.
  void SayHello(Clock::time_point now);
  // Whether the peer is still believed; else it ends.
  void CheckTrust(Clock::time_point now);
  bool WasChecked(Clock::duration ago, Clock::time_point now) const {
    return now - checked_at_ < ago;
  }
  void End(LinkEnd end, std::string text, Clock::time_point now,
           Distrust distrust = Distrust::kNone);
  // ... and tells the peer why.
  void Refuse(Denial reason, LinkEnd end, std::string text, Clock::time_point now);

  // ... because its certificate is not believed.
  void Distrusts(Distrust why, std::string text, Clock::time_point now);

  void AppendTo(std::vector<pollfd>& polled) const;
  std::optional<Clock::time_point> NextDeadline() const;
  void Step(Clock::time_point now, const Happened& happened);

 private:
  // What comes in (peer_link.cc).
  void Call(Clock::time_point now);
  void StepCurrent(Clock::time_point now, const Happened& happened);
  void BeginTalk(Clock::time_point now);
  void ReadCurrent(Clock::time_point now);
  void TakeFrame(const std::string& frame, Clock::time_point now);
  void TakeHello(const Hello& hello, Clock::time_point now);
  void TakeDenial(const Deny& deny, Clock::time_point now);
  void OpenIfReady();
  void CheckTimes(Clock::time_point now);
  void EndAs(const Failure& failure, Clock::time_point now);
  void Write(const Message& message, Clock::time_point now);
  Hello MakeHello() const;

  // Going on at another port (peer_link_moves.cc).
  bool moving() const { return next_ != nullptr || listener_.is_open(); }
  void OfferPort(Clock::time_point now);
  void FollowTo(const WorkPort& place, Clock::time_point now);
  void StepListener(Clock::time_point now, const Happened& happened);
  void AcceptCandidates();
  void StepNext(Clock::time_point now, const Happened& happened);
  bool IsSamePeer(const Stream& connection) const;
  void SpeakOnNext(Clock::time_point now);
  void SwitchIfBothSaid(Clock::time_point now);
  void GiveUpMove(std::string why, Clock::time_point now);
  std::string RangeText() const;

  LinkSurroundings* all_;
  LinkId id_;
  IpAddress address_;
  bool we_opened_;
  bool open_ = false;
  bool ended_ = false;
  bool talking_ = false;     // the first handshake is over
  bool said_hello_ = false;  // the peer
  bool must_move_ = false;   // before it opens
  Peer peer_;
  std::string session_;  // that tickets are of
  std::unique_ptr<Ticket> ticket_;
  std::vector<LinkEvent> held_;  // until it opens

  std::unique_ptr<Stream> current_;
  std::unique_ptr<Stream> next_;
  bool we_moved_ = false;    // our `moved` is said: we speak on next_
  bool peer_moved_ = false;  // the peer's has come: we read next_, once it stands
  UniqueFd listener_;
  uint16_t work_port_ = 0;
  std::vector<std::unique_ptr<Stream>> candidates_;

  Clock::time_point opens_by_;
  Clock::time_point moves_by_;  // of a move that goes on
  Clock::time_point hops_at_;   // of a responder with timed hops
  Clock::time_point last_message_;
  Clock::time_point checked_at_;  // the peer's certificate
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_PEER_LINK_H_
