// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_CONVERSATION_H_
#define CAIRN_TRACES_GENERATOR_CONVERSATION_H_

#include <array>
#include <cstdint>

#include "base/time.h"
#include "capture/segment.h"
#include "traces/chance/random.h"
#include "traces/generator/simulation.h"
#include "traces/generator/site.h"

namespace cairn::traces {

// One TCP connection between two hosts, as the tap on the border sees it.  When both hosts are on
// one side it is not seen at all, but its delays count.
//
// The path: sender, [outside part: delay, jitter, loss], tap, [inside part], receiver, or the
// reverse.  Jitter keeps the order.  A lost segment was lost before the tap or behind it, with
// equal chance, and is sent again after a time-out; the receiver hands its data, and all that comes
// after, on only then.
//
// Times given are times at the sending host; times returned are times at the receiving one.
class Conversation {
 public:
  enum class Side : uint8_t { kOriginator, kResponder };
  static constexpr Side Other(Side side) {
    return side == Side::kOriginator ? Side::kResponder : Side::kOriginator;
  }

  Conversation(Simulation& simulation, Site& site, uint32_t originator, uint32_t responder,
               uint16_t port, const ConnectionLabel& label, RandomStream& random);

  // The three-way handshake.  Returns when the originator may send data.
  PacketTime Open(PacketTime at);
  // Sends data, cut into segments; returns when the last byte is there.
  PacketTime Send(Side from, PacketTime at, uint32_t bytes);
  // `side` received data at `at` and will send data of its own at about `reply_at`: acknowledges by
  // a segment of its own unless the reply comes within the delayed-ACK time.
  void Acknowledge(Side side, PacketTime at, PacketTime reply_at = PacketTime::InfiniteFuture());
  // Acknowledges by a segment of its own.  It may overtake data that is still under way, as it
  // carries nothing that has an order.
  void AcknowledgeNow(Side side, PacketTime at);
  // A keep-alive probe (RFC 9293, section 3.8.4: one sequence number back) and its answer.
  void Probe(Side from, PacketTime at);
  // Closes from both sides; returns when the other side has heard of it.
  PacketTime Close(Side from, PacketTime at);
  // A SYN without answer, or (refused) answered by a reset.
  void Attempt(PacketTime at, bool refused);

  ConnectionIndex index() const { return index_; }
  const Link& link() const { return link_; }
  bool crosses_border() const { return visible_; }
  uint32_t host(Side side) const { return end(side).host; }
  // One way, without jitter.
  PacketDelta nominal_delay() const;

 private:
  // Data that was sent and the moment at which the other side has it: what its acknowledgements may
  // cover.
  struct Arrival {
    PacketTime time;
    uint32_t end_seq = 0;
  };
  struct End {
    uint32_t host = 0;
    PacketDelta delay;  // to or from the tap
    bool jitters = false;
    uint32_t next_seq = 0;
    PacketTime last_at_tap;              // of this end's data in order
    PacketTime last_arrival;             // at the other end
    std::array<Arrival, 16> arrivals{};  // a ring of this end's latest data
    uint32_t arrivals_used = 0;
  };

  End& end(Side side) { return ends_[static_cast<size_t>(side)]; }
  const End& end(Side side) const { return ends_[static_cast<size_t>(side)]; }
  PacketDelta Jitter(const End& part);
  PacketTime SendSegment(Side from, PacketTime at, uint32_t bytes, uint8_t flags);
  // Puts one packet on the tap.
  void Emit(Side from, PacketTime at_tap, uint32_t seq, uint32_t bytes, uint8_t flags,
            PacketTime sent_at);
  uint32_t AckNumber(Side from, PacketTime at) const;

  Simulation* simulation_;
  RandomStream* random_;
  double jitter_mean_s_;
  double loss_;
  Link link_;
  std::array<End, 2> ends_;
  ConnectionIndex index_ = 0;
  bool visible_ = false;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_CONVERSATION_H_
