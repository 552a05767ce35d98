// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/side_states.h"

namespace cairn::sessions {

void SideStates::Take(const Segment& segment, unsigned flow, bool only_syn_before) {
  Side& own = sides_[flow];
  Side& peer = sides_[1 - flow];
  if (own.reset != 0) return;
  if (own.closed == 0) {
    if (segment.Has(kSyn)) {
      TakeSyn(segment.Has(kAck), own, peer);
    } else if (own.opening == Opening::kNone && (segment.flags & (kFin | kRst)) == 0) {
      TakeFirst(segment, own, peer);
    }
  }
  if (segment.Has(kRst)) {
    // What comes after both have closed ends nothing.
    if (own.closed != 0 && peer.closed != 0 && peer.reset == 0) return;
    own.reset = 1;
    own.attempt_reset = only_syn_before && own.opening == Opening::kSynSent ? 1 : 0;
  } else if (segment.Has(kFin)) {
    own.closed = 1;
    // The peer sent its FIN before its RST: both closed, and the RST only hurried it.
    if (peer.closed != 0) peer.reset = 0;
  }
}

void SideStates::TakeSyn(bool has_ack, Side& own, Side& peer) {
  if (own.opening == Opening::kMidStream && !has_ack && peer.Is(Opening::kNone)) {
    own.opening = Opening::kSynSent;
    return;
  }
  if (own.opening != Opening::kNone) return;
  const bool peer_began = peer.opening == Opening::kSynSent && peer.reset == 0;
  if (peer_began) peer.opening = Opening::kEstablished;
  const bool answers = has_ack || peer_began || peer.opening == Opening::kEstablished;
  own.opening = answers ? Opening::kEstablished : Opening::kSynSent;
}

// Some hosts acknowledge a SYN before they answer it: that is no mid-stream yet.
void SideStates::TakeFirst(const Segment& segment, Side& own, const Side& peer) {
  if (segment.payload_bytes == 0 && peer.Is(Opening::kSynSent)) return;
  const bool answers = segment.Has(kAck) && peer.opening == Opening::kEstablished;
  own.opening = answers ? Opening::kEstablished : Opening::kMidStream;
}

void SideStates::Reopen(unsigned flow) {
  Side& side = sides_[flow];
  side.closed = 0;
  side.reset = 0;
  side.attempt_reset = 0;
}

ConnState SideStates::Name(unsigned client_flow, bool has_data) const {
  const Side& client = sides_[client_flow];
  const Side& server = sides_[1 - client_flow];
  if (server.reset != 0) {
    const bool gave_up = client.reset != 0 && !has_data;
    if (client.opening == Opening::kSynSent && (client.Open() || gave_up)) return ConnState::kRej;
    if (client.TookNoPart()) return server.SentSyn() ? ConnState::kRstrh : ConnState::kOth;
    const bool no_syn = !client.SentSyn() && !server.SentSyn();
    return gave_up && no_syn ? ConnState::kOth : ConnState::kRstr;
  }
  if (client.reset != 0) {
    if (!server.TookNoPart()) return ConnState::kRsto;
    return client.attempt_reset != 0 ? ConnState::kRstos0 : ConnState::kOth;
  }
  if (client.closed != 0 && server.closed != 0) return ConnState::kSf;
  if (client.closed != 0) {
    if (!server.TookNoPart()) return ConnState::kS2;
    return client.SentSyn() ? ConnState::kSh : ConnState::kOth;
  }
  if (server.closed != 0) {
    if (!client.TookNoPart()) return ConnState::kS3;
    return server.SentSyn() ? ConnState::kShr : ConnState::kOth;
  }
  if (client.opening == Opening::kSynSent && server.opening == Opening::kNone) {
    return ConnState::kS0;
  }
  const bool established =
      client.opening == Opening::kEstablished && server.opening == Opening::kEstablished;
  return established ? ConnState::kS1 : ConnState::kOth;
}

}  // namespace cairn::sessions
