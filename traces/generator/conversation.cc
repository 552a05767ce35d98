// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/conversation.h"

#include <algorithm>

namespace cairn::traces {
namespace {

constexpr uint32_t kMaxSegment = 1448;
// Two packets of one flow never share a microsecond.
constexpr PacketDelta kSpacing = PacketDelta::FromMicroseconds(2);
constexpr PacketDelta kDelayedAck = PacketDelta::FromMilliseconds(40);  // Linux's least
constexpr PacketDelta kLeastTimeout = PacketDelta::FromMilliseconds(200);
constexpr double kQuickAckShare = 0.3;

}  // namespace

Conversation::Conversation(Simulation& simulation, Site& site, uint32_t originator,
                           uint32_t responder, uint16_t port, const ConnectionLabel& label,
                           RandomStream& random)
    : simulation_(&simulation),
      random_(&random),
      jitter_mean_s_(site.options().jitter_mean_s),
      loss_(site.options().loss) {
  const Host& from = site.host(originator);
  const Host& to = site.host(responder);
  const bool v6 = random.Chance(site.options().ipv6_share);
  link_ = {{v6 ? from.v6 : from.v4, site.TakePort(originator)}, {v6 ? to.v6 : to.v4, port}};
  for (const Side side : {Side::kOriginator, Side::kResponder}) {
    const Host& host = side == Side::kOriginator ? from : to;
    End& part = end(side);
    part.host = side == Side::kOriginator ? originator : responder;
    part.delay = host.delay;
    part.jitters = !host.inside;
    part.next_seq = static_cast<uint32_t>(random.Next());
    part.last_at_tap = PacketTime::InfinitePast();
    part.last_arrival = PacketTime::InfinitePast();
    part.arrivals.fill({PacketTime::InfinitePast(), part.next_seq});
  }
  visible_ = from.inside != to.inside;
  if (visible_) index_ = simulation.AddConnection(link_, label);
}

PacketDelta Conversation::nominal_delay() const { return ends_[0].delay + ends_[1].delay; }

PacketDelta Conversation::Jitter(const End& part) {
  return part.jitters && jitter_mean_s_ > 0 ? Seconds(random_->Exponential(jitter_mean_s_))
                                            : PacketDelta::Zero();
}

uint32_t Conversation::AckNumber(Side from, PacketTime at) const {
  const End& peer = end(Other(from));
  uint32_t oldest = peer.next_seq;
  for (uint32_t back = 1; back <= peer.arrivals.size(); ++back) {
    const Arrival& arrival = peer.arrivals[(peer.arrivals_used - back) % peer.arrivals.size()];
    if (arrival.time <= at) return arrival.end_seq;
    oldest = arrival.end_seq;
  }
  return oldest;
}

void Conversation::Emit(Side from, PacketTime at_tap, uint32_t seq, uint32_t bytes, uint8_t flags,
                        PacketTime sent_at) {
  if (!visible_) return;
  const bool forward = from == Side::kOriginator;
  Segment segment;
  segment.time = at_tap;
  segment.src = forward ? link_.orig.ip : link_.resp.ip;
  segment.dst = forward ? link_.resp.ip : link_.orig.ip;
  segment.src_port = forward ? link_.orig.port : link_.resp.port;
  segment.dst_port = forward ? link_.resp.port : link_.orig.port;
  segment.seq = seq;
  segment.ack = (flags & kAck) != 0 ? AckNumber(from, sent_at) : 0;
  segment.payload_bytes = bytes;
  segment.flags = flags;
  simulation_->Send(index_, segment);
}

PacketTime Conversation::SendSegment(Side from, PacketTime at, uint32_t bytes, uint8_t flags) {
  End& sender = end(from);
  const End& receiver = end(Other(from));
  const uint32_t seq = sender.next_seq;
  sender.next_seq += bytes + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
  PacketTime at_tap = at + sender.delay + Jitter(sender);
  const bool lost = visible_ && bytes > 0 && random_->Chance(loss_);
  const bool lost_before_tap = lost && random_->Chance(0.5);
  if (!lost_before_tap) {
    at_tap = std::max(at_tap, sender.last_at_tap + kSpacing);
    sender.last_at_tap = at_tap;
    Emit(from, at_tap, seq, bytes, flags, at);
  }
  if (lost) {
    const PacketDelta round_trip = nominal_delay() * 2;
    const PacketTime again = at + std::max(kLeastTimeout, round_trip + round_trip);
    at_tap = again + sender.delay + Jitter(sender);
    Emit(from, at_tap, seq, bytes, flags, again);
  }
  sender.last_arrival =
      std::max(at_tap + receiver.delay + Jitter(receiver), sender.last_arrival + kSpacing);
  sender.arrivals[sender.arrivals_used++ % sender.arrivals.size()] = {sender.last_arrival,
                                                                      sender.next_seq};
  return sender.last_arrival;
}

PacketTime Conversation::Open(PacketTime at) {
  const PacketTime syn = SendSegment(Side::kOriginator, at, 0, kSyn);
  const PacketTime answer = SendSegment(Side::kResponder, syn, 0, kSyn | kAck);
  AcknowledgeNow(Side::kOriginator, answer);
  return answer + kSpacing;
}

PacketTime Conversation::Send(Side from, PacketTime at, uint32_t bytes) {
  PacketTime arrival = at;
  for (uint32_t left = bytes; left > 0;) {
    const uint32_t piece = std::min(left, kMaxSegment);
    left -= piece;
    arrival = SendSegment(from, at, piece, left == 0 ? kPsh | kAck : kAck);
  }
  return arrival;
}

void Conversation::Acknowledge(Side side, PacketTime at, PacketTime reply_at) {
  if (reply_at - at <= kDelayedAck && reply_at >= at) return;  // the reply carries it
  const bool quick = random_->Chance(kQuickAckShare);
  AcknowledgeNow(side, quick ? at : at + kDelayedAck);
}

void Conversation::AcknowledgeNow(Side side, PacketTime at) {
  const End& sender = end(side);
  Emit(side, at + sender.delay + Jitter(sender), sender.next_seq, 0, kAck, at);
}

void Conversation::Probe(Side from, PacketTime at) {
  const End& prober = end(from);
  const End& peer = end(Other(from));
  const PacketTime at_tap = at + prober.delay + Jitter(prober);
  Emit(from, at_tap, prober.next_seq - 1, 0, kAck, at);
  const PacketTime heard = at_tap + peer.delay + Jitter(peer);
  Emit(Other(from), heard + peer.delay + Jitter(peer), peer.next_seq, 0, kAck, heard);
}

PacketTime Conversation::Close(Side from, PacketTime at) {
  const PacketTime heard = SendSegment(from, at, 0, kFin | kAck);
  const PacketTime back = SendSegment(Other(from), heard, 0, kFin | kAck);
  AcknowledgeNow(from, back);
  return heard;
}

void Conversation::Attempt(PacketTime at, bool refused) {
  const PacketTime heard = SendSegment(Side::kOriginator, at, 0, kSyn);
  if (refused) SendSegment(Side::kResponder, heard, 0, kRst | kAck);
}

}  // namespace cairn::traces
