// SPDX-License-Identifier: BSD-3-Clause
// What an agent does upon what its peers do.
#include <algorithm>
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "traceback/tracing/agent/agent_loop.h"

namespace cairn::tracing {

bool AgentLoop::TakeLinkEvents(Clock::time_point now) {
  bool any = false;
  while (std::optional<LinkEvent> event = links_->Next()) {
    any = true;
    if (const auto* opened = std::get_if<LinkOpened>(&*event)) OnOpened(*opened);
    if (auto* received = std::get_if<LinkReceived>(&*event)) OnReceived(*received, now);
    if (const auto* closed = std::get_if<LinkClosed>(&*event)) OnClosed(*closed, now);
  }
  return any;
}

PeerKind AgentLoop::KindOf(const Identity& peer) {
  return peer.role == Role::kAgent ? PeerKind::kAgent : PeerKind::kAsker;
}

// What the rules say of a peer; false: it is denied.
bool AgentLoop::Greet(const Perceptions& seen, LogCause cause, std::string_view who) {
  const Decision decision = rules_.Decide(seen);
  Alert(cause, seen.address, fmt::format("peer {}", who), decision);
  return !decision.Has(Action::kDeny);
}

void AgentLoop::Alert(LogCause cause, const IpAddress& source, std::string_view about,
                      const Decision& decision) {
  if (!decision.Has(Action::kAlert)) return;
  ++alerts_;
  WarnOf(cause, source, fmt::format("{}: rule \"{}\"", about, decision.rule));
}

void AgentLoop::OnOpened(const LinkOpened& opened) {
  const bool is_welcome = Greet({.event = Event::kPeer,
                                 .message_valid = true,
                                 .peer = KindOf(opened.peer),
                                 .certificate = Distrust::kNone,
                                 .address = opened.address},
                                LogCause::kPeer, opened.peer.name);
  if (!is_welcome) {
    links_->Send(opened.link, Deny{.reason = Denial::kNotAllowed});
    links_->Close(opened.link);
    return;
  }
  peers_->OnOpened(opened);  // says what has waited for it
  SetPeers();
}

void AgentLoop::OnClosed(const LinkClosed& closed, Clock::time_point now) {
  if (closed.distrust != Distrust::kNone) {
    Greet({.event = Event::kPeer,
           .peer = PeerKind::kUnknown,
           .certificate = closed.distrust,
           .address = closed.address},
          LogCause::kStranger, fmt::format("{} ({})", closed.address.ToString(), closed.text));
  } else if (closed.end == LinkEnd::kInvalid) {
    Greet({.event = Event::kPeer,
           .message_valid = false,
           .peer = PeerKind::kUnknown,
           .address = closed.address},
          LogCause::kStranger, fmt::format("{} ({})", closed.address.ToString(), closed.text));
  }
  revocation_gate_.OnClosed(closed.link);
  lists_.erase(closed.link);
  chain_decisions_.erase(closed.link);
  rounds_.OnAskerGone(closed.link);
  // A stranger who comes from a peer's address and fails is not the peer.
  if (peers_->Knows(closed.link)) exchange_.Forget(closed.address);
  const std::vector<Peers::Failed> unanswered = peers_->OnClosed(closed, now);
  // Whoever asked may have given up before that: the firewall would never be found.
  if (closed.end == LinkEnd::kBlocked && unanswered.empty()) {
    WarnOf(LogCause::kPeer, closed.address,
           fmt::format("peer {}: {}", closed.address.ToString(), closed.text));
  }
  for (const Peers::Failed& failed : unanswered) {
    WarnOf(LogCause::kPeer, failed.host,
           fmt::format("trace {}: {} cannot be asked: {}", ShortText(failed.trace),
                       failed.host.ToString(), closed.text));
    rounds_.OnAskFailed(failed.host, failed.trace, failed.end, now);
  }
}

void AgentLoop::OnReceived(LinkReceived& received, Clock::time_point now) {
  const Peers::Peer* peer = peers_->Find(received.link);
  if (peer == nullptr) return;
  std::visit([&](auto& message) { On(received.link, *peer, message, now); }, received.message);
}

void AgentLoop::On(LinkId link, const Peers::Peer& peer, const Hello& hello,
                   Clock::time_point /*now*/) {
  static_cast<void>(peer);
  lists_[link].number = hello.crl_number;
  SendRevocations(link, hello.crl_number);
}

// To a peer that has the list of that number.  Once by each link: a list is long, and a HELLO that
// says that it has not come is short.
void AgentLoop::SendRevocations(LinkId link, uint64_t has) {
  const uint64_t number = trust_.revocations_number();
  uint64_t& sent = lists_[link].sent;
  if (has >= number || sent >= number) return;
  sent = number;
  for (const Piece& piece : Split(trust_.revocations())) {
    links_->Send(link, Revoke{.number = number, .piece = piece});
  }
}

void AgentLoop::On(LinkId link, const Peers::Peer& peer, const Trace& trace,
                   Clock::time_point now) {
  if (IsStale()) {
    links_->Send(link, Deny{.trace = trace.trace, .reason = Denial::kStale});
    return;
  }
  rounds_.OnTrace({.id = link,
                   .kind = KindOf(peer.identity),
                   .name = peer.identity.name,
                   .address = peer.address,
                   .addresses = peer.identity.addresses},
                  trace, now);
}

void AgentLoop::On(LinkId link, const Peers::Peer& peer, const Hop& hop, Clock::time_point now) {
  peers_->OnAnswer(link, hop.trace, false);
  rounds_.OnHop(peer.identity, hop, now);
}

void AgentLoop::On(LinkId link, const Peers::Peer& peer, const Done& done, Clock::time_point now) {
  peers_->OnAnswer(link, done.trace, true);
  rounds_.OnDone(peer.identity, done, now);
}

void AgentLoop::On(LinkId link, const Peers::Peer& peer, const Deny& deny, Clock::time_point now) {
  if (deny.trace.has_value()) peers_->OnAnswer(link, *deny.trace, true);
  rounds_.OnDeny(peer.identity, deny, now);
}

void AgentLoop::On(LinkId link, const Peers::Peer& peer, const Pull& pull,
                   Clock::time_point /*now*/) {
  if (peer.identity.role != Role::kAgent) return links_->Close(link);
  const absl::Status taken = exchange_.Receive(peer.address, peer.identity.id, pull, WallTime());
  if (!taken.ok()) WarnOf(LogCause::kPeer, peer.address, Text(peer, taken));
}

void AgentLoop::On(LinkId link, const Peers::Peer& peer, const Push& push,
                   Clock::time_point /*now*/) {
  if (peer.identity.role != Role::kAgent) return links_->Close(link);
  // Rules are asked once for each chain, not for each piece of it.
  const auto known = chain_decisions_.find(link);
  if (push.piece.part == 0 || known == chain_decisions_.end()) {
    chain_decisions_[link] = rules_.Decide({.event = Event::kChain,
                                            .message_valid = true,
                                            .peer = PeerKind::kAgent,
                                            .certificate = Distrust::kNone,
                                            .address = peer.address});
  }
  const Decision& decision = chain_decisions_[link];
  if (!decision.Has(Action::kSave)) {
    // An empty piece is no chain.
    if (push.piece.part == 0 && !push.piece.bytes.empty()) {
      Alert(LogCause::kPeer, peer.address,
            fmt::format("peer {}: its chain {} is not taken", peer.identity.name, push.sequence),
            decision);
    }
    return;
  }
  const absl::Status taken =
      exchange_.Receive(peer.address, peer.identity.id, push, WallTime(), [&](const Chain& chain) {
        Alert(LogCause::kPeer, peer.address,
              fmt::format("peer {}: the chain of trace {}, begun by {}: {} hops, {}",
                          peer.identity.name, ShortText(chain.trace), chain.origin_name,
                          chain.hops.size(), EndName(chain.end)),
              decision);
      });
  if (!taken.ok()) WarnOf(LogCause::kPeer, peer.address, Text(peer, taken));
}

void AgentLoop::On(LinkId link, const Peers::Peer& peer, const Revoke& revoke,
                   Clock::time_point now) {
  if (revoke.number <= trust_.revocations_number()) return;
  lists_[link].number = revoke.number;  // it need not be sent back
  const std::optional<std::string> list =
      revocation_gate_.Take(peer.identity.id, link, revoke.piece, now);
  if (!list.has_value()) return;
  const bool was_newer = TakeRevocations(*list, &peer);
  revocation_gate_.Judge(peer.identity.id, *list, was_newer);
}

std::string AgentLoop::Text(const Peers::Peer& peer, const absl::Status& status) {
  return fmt::format("peer {}: {}", peer.identity.name, std::string(status.message()));
}

bool AgentLoop::TakeRevocations(const std::string& list, const Peers::Peer* peer) {
  const std::string from = peer == nullptr ? "this host" : peer->identity.name;
  const absl::StatusOr<bool> taken = trust_.TakeRevocations(list);
  if (!taken.ok()) {
    WarnOf(peer == nullptr ? LogCause::kOwn : LogCause::kPeer,
           peer == nullptr ? IpAddress() : peer->address,
           fmt::format("a list of revoked certificates of {} is not taken: {}", from,
                       std::string(taken.status().message())));
    return false;
  }
  if (!*taken) return false;
  Log(false, fmt::format("took list {} of revoked certificates, of {}", trust_.revocations_number(),
                         from));
  if (absl::Status saved = revocation_file_.Save(trust_.revocations()); !saved.ok()) {
    Log(true, std::string(saved.message()));
  }
  links_->TrustChanged();
  // Those who are connected already need not say again what they have.
  for (const auto& [link, told] : lists_) SendRevocations(link, told.number);
  return true;
}

// Whether the list of revoked certificates is too old for anybody to be trusted.
bool AgentLoop::IsStale() const {
  const PacketTime made = trust_.revocations_time();
  return made.IsSet() && WallTime() - made > options_.stale_list_refusal;
}

void AgentLoop::WarnOfAge(Clock::time_point now) {
  constexpr std::chrono::hours kAgain{1};
  const PacketTime made = trust_.revocations_time();
  if (!made.IsSet() || WallTime() - made <= options_.stale_list_warning) return;
  if (warned_.has_value() && now < *warned_ + kAgain) return;
  warned_ = now;
  Log(true, fmt::format("the list of revoked certificates is {} h old; after {} h nobody is "
                        "trusted any longer: get a new one (stopd ca crl)",
                        (WallTime() - made).ToSeconds() / 3600,
                        options_.stale_list_refusal.ToSeconds() / 3600));
}

void AgentLoop::SetPeers() {
  std::vector<IpAddress> all = options_.peers;
  for (const IpAddress& known : peers_->known()) all.push_back(known);
  std::erase_if(all, [this](const IpAddress& each) { return self_.identity.Has(each); });
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.size() > options_.max_peers) all.resize(options_.max_peers);
  exchange_.SetPeers(std::move(all));
}

}  // namespace cairn::tracing
