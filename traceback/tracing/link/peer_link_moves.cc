// SPDX-License-Identifier: BSD-3-Clause
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/format.h"

#include "base/wall_clock.h"
#include "traceback/sockets/socket_address.h"
#include "traceback/tracing/link/own_end.h"
#include "traceback/tracing/link/peer_link.h"

// How a link goes on at another port.  Source: ODISET, "Dynamic Port-Allocation Protocol"; here the
// new connection stands before the old one is left.
namespace cairn::tracing {
namespace {

constexpr size_t kMostMovedAtOnce = 16;
constexpr int kMostTries = 64;
constexpr std::chrono::seconds kJustNow{1};

// From 0 to `count` - 1, unpredictably, and evenly to one in four billion.  Requires: count > 0.
uint32_t RandomBelow(uint32_t count) {
  std::array<unsigned char, 8> bytes{};
  // It has worked when the transport was made; without randomness there would be no TLS either.
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return 0;
  uint64_t number = 0;
  for (const unsigned char each : bytes) number = number << 8 | each;
  return static_cast<uint32_t>(number % count);
}

}  // namespace

std::string PeerLink::RangeText() const {
  return fmt::format("the work ports {}-{} have to be open between agents (a firewall?)",
                     all_->options.first_work_port, all_->options.last_work_port);
}

void PeerLink::OfferPort(Clock::time_point now) {
  const LinkOptions& options = all_->options;
  const IpAddress own = sockets::LocalEnd(current_->descriptor()).ip;
  const uint32_t count = uint32_t{options.last_work_port} - options.first_work_port + 1;
  int error = 0;
  for (int tries = 0; tries < kMostTries && !listener_.is_open(); ++tries) {
    work_port_ = static_cast<uint16_t>(options.first_work_port + RandomBelow(count));
    listener_ = Listen({.ip = own, .port = work_port_}, error);
  }
  hops_at_ = now + ToChrono(options.hop_period);
  if (!listener_.is_open()) {
    if (open_) return;  // at the next time
    return Refuse(Denial::kBusy, LinkEnd::kLimit, "no work port is free: " + RangeText(), now);
  }
  moves_by_ = now + ToChrono(options.work_port_patience);
  Hello hello = MakeHello();
  hello.work_port =
      WorkPort{.port = work_port_,
               .milliseconds = static_cast<uint32_t>(options.work_port_patience.ToMilliseconds())};
  current_->channel().OfferTicket();
  Write(hello, now);
}

void PeerLink::FollowTo(const WorkPort& place, Clock::time_point now) {
  if (we_moved_) return EndAs({.text = "the peer moves on before it has moved"}, now);
  next_ = nullptr;  // an earlier one, which it has given up
  std::unique_ptr<Ticket> ticket = current_->channel().TakeTicket();
  if (ticket == nullptr) return EndAs({.text = "the peer gave no ticket for its work port"}, now);
  work_port_ = place.port;
  const auto patience = std::min<std::chrono::nanoseconds>(
      ToChrono(all_->options.work_port_patience), std::chrono::milliseconds(place.milliseconds));
  moves_by_ = now + patience;
  // The way to the work port has a time of its own.
  if (!open_) opens_by_ = std::max(opens_by_, moves_by_);
  int error = 0;
  const Endpoint to = {.ip = address_, .port = place.port};
  UniqueFd descriptor = BeginConnect(to, sockets::LocalEnd(current_->descriptor()).ip, error);
  if (!descriptor.is_open()) return GiveUpMove(ConnectFailure(to, error).text, now);
  absl::StatusOr<std::unique_ptr<Channel>> channel = all_->transport->Call(address_, ticket.get());
  if (!channel.ok()) return GiveUpMove(std::string(channel.status().message()), now);
  next_ = std::make_unique<Stream>(std::move(descriptor), *std::move(channel),
                                   Stream::State::kConnecting, all_->counters);
}

void PeerLink::AcceptCandidates() {
  for (size_t i = 0; i < kMostMovedAtOnce; ++i) {
    int error = 0;
    std::optional<Accepted> accepted = Accept(listener_.get(), error);
    if (!accepted.has_value()) return;
    ++all_->counters.accepted;
    if (accepted->from.ip != address_) {
      ++all_->counters.refused_source;
      continue;
    }
    absl::StatusOr<std::unique_ptr<Channel>> channel = all_->transport->Resume(session_);
    if (!channel.ok()) return;
    if (candidates_.size() >= kMostCandidates) candidates_.erase(candidates_.begin());
    candidates_.push_back(std::make_unique<Stream>(std::move(accepted->descriptor),
                                                   *std::move(channel), Stream::State::kHandshake,
                                                   all_->counters));
  }
}

void PeerLink::StepListener(Clock::time_point now, const Happened& happened) {
  if (HappenedTo(happened, listener_.get()) != 0) AcceptCandidates();
  for (std::unique_ptr<Stream>& each : candidates_) {
    each->Step(HappenedTo(happened, each->descriptor()), false);
    if (each->state() == Stream::State::kReady && IsSamePeer(*each)) {
      next_ = std::move(each);
      break;
    }
    if (each->state() == Stream::State::kReady || each->ended()) {
      ++all_->counters.handshakes_failed;
      each = nullptr;
    }
  }
  if (next_ != nullptr) {
    candidates_.clear();
    listener_.Close();
    ++all_->counters.resumed;
    return SpeakOnNext(now);
  }
  std::erase(candidates_, nullptr);
}

bool PeerLink::IsSamePeer(const Stream& connection) const {
  return connection.channel().resumed() &&
         connection.channel().peer().certificate == peer_.certificate;
}

void PeerLink::StepNext(Clock::time_point now, const Happened& happened) {
  next_->Step(HappenedTo(happened, next_->descriptor()), false);
  if (we_moved_) return;
  if (next_->ended()) return GiveUpMove(next_->failure().text, now);
  if (next_->state() != Stream::State::kReady) return;
  if (!IsSamePeer(*next_)) {
    return EndAs({.text = "at the work port there is another than the peer"}, now);
  }
  SpeakOnNext(now);
}

void PeerLink::SpeakOnNext(Clock::time_point now) {
  // It may have expired since the first handshake.  New lists are looked at when they come.
  if (!WasChecked(kJustNow, now)) CheckTrust(now);
  if (ended_) return;
  Hello hello = MakeHello();
  hello.moved = true;
  Write(hello, now);
  if (ended_) return;
  we_moved_ = true;
  must_move_ = false;
  moves_by_ = now + ToChrono(all_->options.handshake_timeout);
  OpenIfReady();
  SwitchIfBothSaid(now);
}

void PeerLink::SwitchIfBothSaid(Clock::time_point now) {
  if (!we_moved_ || !peer_moved_ || next_ == nullptr) return;
  all_->leavers.Take(std::move(current_), now);
  current_ = std::move(next_);
  we_moved_ = false;
  peer_moved_ = false;
  hops_at_ = now + ToChrono(all_->options.hop_period);
  ++all_->counters.hops;
  // What came while it was held back is there already, and poll() will not tell of it.
  ReadCurrent(now);
}

void PeerLink::GiveUpMove(std::string why, Clock::time_point now) {
  next_ = nullptr;
  candidates_.clear();
  listener_.Close();
  hops_at_ = now + ToChrono(all_->options.hop_period);
  // Nobody has left the old port: it goes on there.
  if (open_ && !we_moved_ && !peer_moved_) return;
  ++all_->counters.timed_out;
  const std::string text = we_opened_
                               ? fmt::format("port {} of {} cannot be reached: {}; {}", work_port_,
                                             address_.ToString(), why, RangeText())
                               : fmt::format("{} did not come to port {}; {}", address_.ToString(),
                                             work_port_, RangeText());
  we_moved_ = false;
  End(LinkEnd::kBlocked, text, now);
}

}  // namespace cairn::tracing
