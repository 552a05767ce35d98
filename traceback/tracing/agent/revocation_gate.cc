// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/revocation_gate.h"

#include <algorithm>
#include <iterator>

#include "traceback/tracing/trust/trust.h"
#include "traceback/tracing/wire/sha256.h"

namespace cairn::tracing {

std::optional<std::string> RevocationGate::Take(const AgentId& id, LinkId link, const Piece& piece,
                                                Clock::time_point now) {
  Peer* peer = PeerAt(id, now);
  if (peer == nullptr) {
    if (piece.part == 0) ++counters_.skipped;
    return std::nullopt;
  }
  if (piece.part == 0 && !MayBegin(*peer, link, piece, now)) {
    ++counters_.skipped;
    return std::nullopt;
  }
  if (peer->link != link) return std::nullopt;
  peer->last_piece = now;
  std::optional<std::string> list = peer->pieces.Take(piece);
  if (!list.has_value()) return std::nullopt;
  Stop(*peer);
  if (std::find(read_.begin(), read_.end(), Sha256(*list)) == read_.end()) return list;
  ++counters_.skipped;
  --peer->tries;
  return std::nullopt;
}

void RevocationGate::Judge(const AgentId& id, std::string_view list, bool was_newer) {
  if (read_.size() >= kMostRead) read_.pop_front();
  read_.push_back(Sha256(list));
  ++(was_newer ? counters_.taken : counters_.useless);
  const auto peer = peers_.find(id);
  if (!was_newer && peer != peers_.end()) --peer->second.tries;
}

// Null: there is no room.  Whoever has all its tries need not be remembered.
RevocationGate::Peer* RevocationGate::PeerAt(const AgentId& id, Clock::time_point now) {
  if (peers_.size() >= kMostPeers && !peers_.contains(id)) {
    for (auto each = peers_.begin(); each != peers_.end();) {
      GiveBack(each->second, now);
      const bool is_idle = each->second.link == 0 && each->second.tries >= kBurst;
      each = is_idle ? peers_.erase(each) : std::next(each);
    }
    if (peers_.size() >= kMostPeers) return nullptr;
  }
  Peer& peer = peers_.try_emplace(id, Peer{.counted = now}).first->second;
  GiveBack(peer, now);
  return &peer;
}

bool RevocationGate::MayBegin(Peer& peer, LinkId link, const Piece& piece, Clock::time_point now) {
  const auto is_late = [now](const Peer& each) { return now - each.last_piece >= kPatience; };
  const bool is_too_long = piece.parts > (kMostRevocationBytes - 1) / kMostPieceBytes + 1;
  if (is_too_long || peer.tries <= 0) return false;
  // A peer with two links sends its list on both.
  if (peer.link != 0 && peer.link != link && !is_late(peer)) return false;
  if (peer.link == 0) {
    size_t collecting = 0;
    for (auto& [id, each] : peers_) {
      if (each.link != 0 && is_late(each)) Stop(each);
      if (each.link != 0) ++collecting;
    }
    if (collecting >= kMostCollecting) return false;
  }
  peer.pieces = {};
  peer.link = link;
  return true;
}

void RevocationGate::Stop(Peer& peer) {
  peer.link = 0;
  peer.pieces = {};
}

void RevocationGate::GiveBack(Peer& peer, Clock::time_point now) {
  const int64_t minutes = (now - peer.counted) / kTryAgain;
  if (minutes <= 0) return;
  peer.tries = std::min(kBurst, peer.tries + minutes);
  peer.counted += minutes * kTryAgain;
}

void RevocationGate::OnClosed(LinkId link) {
  for (auto& [id, peer] : peers_) {
    if (peer.link == link) Stop(peer);
  }
}

}  // namespace cairn::tracing
