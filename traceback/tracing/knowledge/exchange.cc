// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/exchange.h"

#include <algorithm>
#include <variant>

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

constexpr PacketDelta kTurn = PacketDelta::FromMilliseconds(200);
constexpr size_t kTurnBytes = 128 << 10;  // to one peer in a turn
constexpr size_t kTurnChains = 10;
constexpr size_t kTurnPeers = 32;
constexpr size_t kMostAnswers = 8;  // at once
constexpr size_t kMostFresh = 64;   // for one peer; what is left out it will ask for
constexpr size_t kMostPeers = 1024;
constexpr size_t kMostCollecting = 32;  // peers of which a part of a chain is kept
constexpr PacketDelta kCollectPatience = PacketDelta::FromSeconds(10);
constexpr PacketDelta kSecond = PacketDelta::FromSeconds(1);
// While chains come, nobody else is asked for the same ones.
constexpr PacketDelta kFlow = PacketDelta::FromSeconds(2);
// Chains that are verified of one peer: a little more than a peer sends.  A chain of ten hops costs
// about two milliseconds.
constexpr int64_t kVerifiedPerSecond = 64;
constexpr int64_t kVerifiedBurst = 128;
constexpr int64_t kCostOfInvalid = 32;  // chains
constexpr int64_t kThousandth = 1000;

// Also when the clock has been set back: nothing waits for it to come there again.
bool IsOver(PacketTime since, PacketDelta length, PacketTime now) {
  return !since.IsSet() || now < since || now - since >= length;
}

// An empty piece.
bool IsEnd(const Push& push) { return push.piece.parts == 1 && push.piece.bytes.empty(); }

}  // namespace

Exchange::Exchange(Knowledge& knowledge, const KnowledgeOptions& options, Verify verify,
                   uint64_t seed)
    : knowledge_(knowledge), options_(options), verify_(std::move(verify)), random_(seed) {}

void Exchange::SetPeers(std::vector<IpAddress> peers) { known_peers_ = std::move(peers); }

// Between nine and eleven tenths, so that agents which were started at once do not stay in step.
PacketDelta Exchange::Jittered(PacketDelta length) {
  constexpr int64_t kParts = 1024;
  const auto part = static_cast<int64_t>(random_() % kParts);
  const int64_t tenth = length.ToNanoseconds() / 10;
  return PacketDelta::FromNanoseconds(9 * tenth + 2 * tenth / kParts * part);
}

void Exchange::Announce(const Chain& chain, PacketTime now) {
  Wake();
  for (const IpAddress& address : known_peers_) {
    if (peers_.size() >= kMostPeers && !peers_.contains(address)) break;
    Peer& peer = PeerAt(address);
    if (peer.fresh.size() >= kMostFresh) peer.fresh.pop_front();
    peer.fresh.emplace_back(chain.origin, chain.sequence);
  }
  if (IsOver(last_turn_, kTurn, now)) SendTurn(now);
}

absl::Status Exchange::Receive(const IpAddress& from, const AgentId&, const Pull& pull,
                               PacketTime now) {
  Wake();
  ++counters_.pulls_received;
  knowledge_.HearVector(pull.known, now);
  const auto known = peers_.find(from);
  const bool is_early = known != peers_.end() && !IsOver(known->second.heard, kSecond, now);
  const auto answers = std::ranges::count_if(
      peers_, [&](const auto& each) { return each.first != from && !each.second.answer.done(); });
  if (is_early || answers >= static_cast<std::ptrdiff_t>(kMostAnswers) ||
      (known == peers_.end() && peers_.size() >= kMostPeers)) {
    ++counters_.pulls_refused;
    return absl::OkStatus();
  }
  Peer& peer = PeerAt(from);
  peer.heard = now;
  // What is left of a chain that is under way is sent, so that the next one is not taken for it.
  std::vector<Push> pieces = std::move(peer.answer.pieces);
  peer.answer = knowledge_.Begin(pull);
  peer.answer.pieces = std::move(pieces);
  // Whether it knows more: then it is asked in turn.
  const Vector own = knowledge_.vector();
  auto mine = own.begin();
  peer.has_more = std::ranges::any_of(pull.known, [&](const VectorEntry& theirs) {
    while (mine != own.end() && mine->origin < theirs.origin) ++mine;
    const bool is_known = mine != own.end() && mine->origin == theirs.origin;
    return theirs.sequence > (is_known ? mine->sequence : 0);
  });
  return absl::OkStatus();
}

absl::Status Exchange::Receive(const IpAddress& from, const AgentId& id, const Push& push,
                               PacketTime now, const std::function<void(const Chain&)>& taken) {
  Wake();
  ++counters_.pushes_received;
  if (peers_.size() >= kMostPeers && !peers_.contains(from)) return absl::OkStatus();
  Peer& peer = PeerAt(from);
  if (IsEnd(push)) {
    if (peer.owes) knowledge_.HearEnd(id, push.origin, push.sequence, now);
    return absl::OkStatus();
  }
  if (!knowledge_.Wants(push.origin, push.sequence)) {
    if (push.piece.part == 0) ++counters_.chains_unwanted;
    // It may have come by another peer in the meantime.
    peer.is_collecting = false;
    peer.collector = {};
    return absl::OkStatus();
  }
  if (!MayCollect(peer, now)) {
    peer.owes = false;
    if (push.piece.part == 0) ++counters_.chains_dropped;
    return absl::OkStatus();
  }
  const std::optional<std::string> whole = peer.collector.Take(push.piece);
  peer.is_collecting = !whole.has_value();
  if (!whole.has_value()) return absl::OkStatus();
  if (!MayVerify(peer, now)) {
    // It is not known any more that all which it has has been taken.
    peer.owes = false;
    ++counters_.chains_dropped;
    return absl::OkStatus();
  }
  absl::Status sound = TakeChain(push.origin, push.sequence, *whole, now, taken);
  if (!sound.ok()) peer.allowance -= kCostOfInvalid * kThousandth;
  return sound;
}

absl::Status Exchange::TakeChain(const AgentId& origin, uint64_t sequence, std::string_view bytes,
                                 PacketTime now, const std::function<void(const Chain&)>& taken) {
  const absl::StatusOr<Chain> chain = DecodeChain(bytes);
  absl::Status sound = chain.status();
  if (sound.ok() && (chain->origin != origin || chain->sequence != sequence)) {
    sound = absl::InvalidArgumentError("a chain that is another one than its message says");
  }
  if (sound.ok()) sound = verify_(*chain);
  if (!sound.ok()) {
    ++counters_.chains_invalid;
    return sound;
  }
  if (knowledge_.Add(*chain, now, Knowledge::Saving::kLater) != Added::kNew) {
    ++counters_.chains_unwanted;
    return absl::OkStatus();
  }
  ++counters_.chains_received;
  last_taken_ = now;
  if (taken != nullptr) taken(*chain);
  return absl::OkStatus();
}

// Whether a part of a chain may be kept: of a few peers at a time.
bool Exchange::MayCollect(Peer& peer, PacketTime now) {
  if (!peer.is_collecting) {
    const auto busy = std::ranges::count_if(peers_, [&](const auto& each) {
      return each.second.is_collecting &&
             !IsOver(each.second.collecting_since, kCollectPatience, now);
    });
    if (busy >= static_cast<std::ptrdiff_t>(kMostCollecting)) return false;
    // Those that have stopped in the middle make room.
    for (auto& [address, each] : peers_) {
      if (!each.is_collecting || !IsOver(each.collecting_since, kCollectPatience, now)) continue;
      each.is_collecting = false;
      each.collector = {};
    }
    peer.is_collecting = true;
  }
  peer.collecting_since = now;
  return true;
}

bool Exchange::MayVerify(Peer& peer, PacketTime now) {
  const int64_t most = kVerifiedBurst * kThousandth;
  if (!peer.allowed.IsSet()) {
    peer.allowance = most;
  } else if (now > peer.allowed) {
    const int64_t milliseconds =
        std::min<int64_t>((now - peer.allowed).ToMilliseconds(), most / kVerifiedPerSecond);
    peer.allowance = std::min(most, peer.allowance + milliseconds * kVerifiedPerSecond);
  }
  peer.allowed = now;
  if (peer.allowance < kThousandth) return false;
  peer.allowance -= kThousandth;
  return true;
}

void Exchange::Forget(const IpAddress& address) {
  // The end of an answer must not come by another link than the chains before it.
  std::erase_if(outgoing_, [&](const Outgoing& each) { return each.to == address; });
  const auto peer = peers_.find(address);
  if (peer == peers_.end()) return;
  // The allowance stays, or whoever connects anew would have a new one.
  Peer kept;
  kept.allowance = peer->second.allowance;
  kept.allowed = peer->second.allowed;
  const bool was_asked = peer->second.owes;
  peer->second = std::move(kept);
  if (was_asked && next_pull_.has_value() && last_tick_.IsSet()) {
    next_pull_ = std::min(*next_pull_, last_tick_ + kFlow);
  }
}

void Exchange::Step(PacketTime now) {
  if (IsOver(last_tick_, kBusyTick, now)) {
    last_tick_ = now;
    knowledge_.Tick(now);
    PullBack(now);
    // Of those with whom nothing is under way, nothing need be known.
    std::erase_if(peers_, [&](const auto& each) {
      const Peer& peer = each.second;
      const auto is_old = [&](PacketTime time) {
        return IsOver(time, options_.exchange_interval * 4, now);
      };
      return !peer.HasOutput() && !peer.is_collecting && is_old(peer.heard) &&
             is_old(peer.pulled) && is_old(peer.allowed);
    });
    const bool has_more =
        std::ranges::any_of(peers_, [](const auto& each) { return each.second.has_more; });
    next_tick_ = has_more ? now : knowledge_.NextTick(now);
    next_tick_ = std::max(next_tick_, now + kBusyTick);
  }
  // An agent that has been away asks at once.
  if (!next_pull_.has_value())
    next_pull_ = now + PacketDelta::FromMilliseconds(static_cast<int64_t>(random_() % 2000));
  const bool is_set_back = *next_pull_ - now > options_.exchange_interval * 2 + kFlow;
  if (now >= *next_pull_ || is_set_back) PullFromSomebody(now);
  if (IsOver(last_turn_, kTurn, now)) SendTurn(now);
  knowledge_.Sync();
}

void Exchange::PullFromSomebody(PacketTime now) {
  const PacketDelta interval = options_.exchange_interval;
  if (!put_off_since_.IsSet()) put_off_since_ = now;
  if (!IsOver(last_taken_, kFlow, now) && !IsOver(put_off_since_, interval, now)) {
    next_pull_ = now + kFlow;
    return;
  }
  put_off_since_ = PacketTime::InfinitePast();
  const int64_t parts = std::max<uint32_t>(options_.exchange_peers, 1);
  next_pull_ = now + Jittered(PacketDelta::FromNanoseconds(interval.ToNanoseconds() / parts));
  if (known_peers_.empty() || options_.exchange_peers == 0) return;
  const IpAddress& address = known_peers_[random_() % known_peers_.size()];
  if (peers_.size() >= kMostPeers && !peers_.contains(address)) return;
  PullFrom(address, PeerAt(address), now);
}

void Exchange::PullFrom(const IpAddress& address, Peer& peer, PacketTime now) {
  peer.pulled = now;
  peer.owes = true;
  peer.has_more = false;
  ++counters_.pulls_sent;
  outgoing_.push_back({.to = address, .message = Pull{.known = knowledge_.vector()}});
}

// Whoever asked and had more is asked in turn, but not over and over: what it has may be nothing
// that can be taken.
void Exchange::PullBack(PacketTime now) {
  if (!IsOver(last_taken_, kFlow, now)) return;
  for (auto& [address, peer] : peers_) {
    if (!peer.has_more || !IsOver(peer.pulled, options_.exchange_interval, now)) continue;
    PullFrom(address, peer, now);
    return;
  }
}

// Each peer in turn, from the one after the last on.
void Exchange::SendTurn(PacketTime now) {
  last_turn_ = now;
  auto next = peers_.upper_bound(last_sent_);
  size_t sent = 0;
  for (size_t i = peers_.size(); i > 0 && sent < kTurnPeers; --i) {
    if (next == peers_.end()) next = peers_.begin();
    if (next->second.HasOutput() && (!has_room_ || has_room_(next->first))) {
      SendTo(next->first, next->second);
      last_sent_ = next->first;
      ++sent;
    }
    ++next;
  }
}

// Whole chains one after the other: pieces of two would make both worthless.
void Exchange::SendTo(const IpAddress& address, Peer& peer) {
  const auto send = [&](Push push) {
    ++counters_.pushes_sent;
    if (!IsEnd(push) && push.piece.part + 1 == push.piece.parts) ++counters_.chains_sent;
    const size_t bytes = push.piece.bytes.size();
    outgoing_.push_back({.to = address, .message = std::move(push)});
    return bytes;
  };
  size_t bytes = 0;
  size_t chains = 0;
  while (bytes < kTurnBytes) {
    if (!peer.pieces.empty()) {
      bytes += send(std::move(peer.pieces.back()));
      peer.pieces.pop_back();
      continue;
    }
    if (peer.fresh.empty() || !peer.answer.AtChainBegin() || chains >= kTurnChains) break;
    const auto [origin, sequence] = peer.fresh.front();
    peer.fresh.pop_front();
    ++chains;
    const std::optional<Chain> chain = knowledge_.Get(origin, sequence);
    if (!chain.has_value()) continue;
    for (Piece& piece : Split(EncodeChain(*chain))) {
      peer.pieces.push_back({.origin = origin, .sequence = sequence, .piece = std::move(piece)});
    }
    std::ranges::reverse(peer.pieces);
  }
  if (!peer.pieces.empty() || bytes >= kTurnBytes || chains >= kTurnChains || peer.answer.done()) {
    return;
  }
  for (Push& push : knowledge_.Continue(peer.answer, kTurnBytes - bytes, kTurnChains - chains)) {
    send(std::move(push));
  }
}

std::optional<Exchange::Outgoing> Exchange::Next() {
  if (outgoing_.empty()) return std::nullopt;
  Outgoing next = std::move(outgoing_.front());
  outgoing_.pop_front();
  return next;
}

PacketTime Exchange::NextDeadline(PacketTime now) const {
  const bool sends =
      std::ranges::any_of(peers_, [](const auto& each) { return each.second.HasOutput(); });
  const bool is_set_back = now < last_tick_ || now < last_turn_;
  const PacketTime tick = last_tick_.IsSet() && !is_set_back ? next_tick_ : now;
  const PacketTime pull = next_pull_.value_or(now);
  return std::min({sends ? last_turn_ + kTurn : tick, tick, pull});
}

}  // namespace cairn::tracing
