// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/peer_link.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "base/wall_clock.h"
#include "traceback/tracing/link/own_end.h"

namespace cairn::tracing {
namespace {

// A certificate may expire while a link is used.
constexpr std::chrono::minutes kTrustFor{1};

}  // namespace

PeerLink::PeerLink(LinkSurroundings& all, LinkId id, const IpAddress& address,
                   Clock::time_point now)
    : all_(&all),
      id_(id),
      address_(address),
      we_opened_(true),
      opens_by_(now + ToChrono(all.options.handshake_timeout)),
      last_message_(now) {
  Call(now);
}

void PeerLink::Call(Clock::time_point now) {
  int error = 0;
  const Endpoint to = {.ip = address_, .port = all_->options.port};
  UniqueFd descriptor = BeginConnect(to, OwnEnd(all_->options, address_), error);
  if (!descriptor.is_open()) return EndAs(ConnectFailure(to, error), now);
  absl::StatusOr<std::unique_ptr<Channel>> channel = all_->transport->Call(address_, nullptr);
  if (!channel.ok()) {
    return End(LinkEnd::kLimit, std::string(channel.status().message()), now);
  }
  current_ = std::make_unique<Stream>(std::move(descriptor), *std::move(channel),
                                      Stream::State::kConnecting, all_->counters);
}

PeerLink::PeerLink(LinkSurroundings& all, LinkId id, const IpAddress& address,
                   std::unique_ptr<Stream> connection, Clock::time_point now)
    : all_(&all),
      id_(id),
      address_(address),
      we_opened_(false),
      session_(connection->session()),
      current_(std::move(connection)),
      opens_by_(now + ToChrono(all.options.handshake_timeout)),
      last_message_(now) {
  // More than the first part of a session may take if the peer has to come to another port.
  if (all.options.hopping != PortHopping::kOff)
    opens_by_ += ToChrono(all.options.work_port_patience);
}

Hello PeerLink::MakeHello() const {
  return {.name = all_->host_name,
          .time = all_->wall(),
          .crl_number = all_->trust->revocations_number()};
}

void PeerLink::Write(const Message& message, Clock::time_point now) {
  Stream& to = we_moved_ ? *next_ : *current_;
  to.Write(EncodeMessage(message));
  ++all_->counters.messages_sent;
  if (to.queued() > all_->options.max_queued_bytes) {
    End(LinkEnd::kLimit, "the peer does not read what it is sent", now);
  }
}

bool PeerLink::Send(const Message& message, Clock::time_point now) {
  if (!open_ || ended_) return false;
  last_message_ = now;
  Write(message, now);
  return !ended_;
}

void PeerLink::SayHello(Clock::time_point now) {
  if (talking_ && !ended_) Write(MakeHello(), now);
}

void PeerLink::CheckTrust(Clock::time_point now) {
  if (!talking_ || ended_) return;
  Distrust why = Distrust::kNone;
  const absl::StatusOr<Identity> identity =
      all_->trust->Check(peer_.certificate, all_->wall(), &why, peer_.chain);
  checked_at_ = now;
  if (identity.ok()) return;
  Distrusts(why, std::string(identity.status().message()), now);
}

void PeerLink::Distrusts(Distrust why, std::string text, Clock::time_point now) {
  const Denial reason = why == Distrust::kStaleList ? Denial::kStale
                        : why == Distrust::kRevoked ? Denial::kRevoked
                                                    : Denial::kNotAllowed;
  Write(Deny{.reason = reason}, now);
  if (!ended_) End(LinkEnd::kDistrusted, std::move(text), now, why);
}

void PeerLink::End(LinkEnd end, std::string text, Clock::time_point now, Distrust distrust) {
  if (ended_) return;
  ended_ = true;
  if (end == LinkEnd::kInvalid) ++all_->counters.invalid;
  all_->events.push_back(LinkClosed{
      .link = id_, .address = address_, .end = end, .distrust = distrust, .text = std::move(text)});
  for (std::unique_ptr<Stream>* each : {&current_, &next_}) {
    if (*each != nullptr && (*each)->state() == Stream::State::kReady) {
      all_->leavers.Take(std::move(*each), now);
    }
    each->reset();
  }
  candidates_.clear();
  listener_.Close();
}

void PeerLink::Refuse(Denial reason, LinkEnd end, std::string text, Clock::time_point now) {
  // One that is broken takes nothing.
  if (!ended_ && current_ != nullptr) Write(Deny{.reason = reason}, now);
  End(end, std::move(text), now);
}

void PeerLink::EndAs(const Failure& failure, Clock::time_point now) {
  if (failure.end == LinkEnd::kInvalid) {
    return Refuse(Denial::kInvalid, failure.end, failure.text, now);
  }
  End(failure.end, failure.text, now, failure.distrust);
}

void PeerLink::AppendTo(std::vector<pollfd>& polled) const {
  if (ended_) return;
  AppendPolled(polled, current_->descriptor(), current_->events(!peer_moved_));
  if (next_ != nullptr) AppendPolled(polled, next_->descriptor(), next_->events(false));
  if (listener_.is_open()) AppendPolled(polled, listener_.get(), POLLIN);
  for (const auto& each : candidates_) {
    AppendPolled(polled, each->descriptor(), each->events(false));
  }
}

std::optional<PeerLink::Clock::time_point> PeerLink::NextDeadline() const {
  if (ended_) return std::nullopt;
  Clock::time_point first =
      open_ ? last_message_ + ToChrono(all_->options.idle_timeout) : opens_by_;
  if (moving()) {
    first = std::min(first, moves_by_);
  } else if (open_ && !we_opened_ && all_->options.hopping == PortHopping::kTimed) {
    first = std::min(first, hops_at_);
  }
  return first;
}

void PeerLink::Step(Clock::time_point now, const Happened& happened) {
  if (!ended_) StepCurrent(now, happened);
  if (!ended_ && listener_.is_open()) StepListener(now, happened);
  if (!ended_ && next_ != nullptr) StepNext(now, happened);
  if (!ended_) CheckTimes(now);
}

void PeerLink::StepCurrent(Clock::time_point now, const Happened& happened) {
  const short what = HappenedTo(happened, current_->descriptor());
  if (what == 0 && talking_) return;
  if (talking_ && !WasChecked(kTrustFor, now)) {
    CheckTrust(now);
    if (ended_) return;
  }
  const Stream::State state = current_->Step(what, !peer_moved_);
  if (state == Stream::State::kReady && !talking_) BeginTalk(now);
  if (!ended_ && !peer_moved_ && state != Stream::State::kConnecting &&
      state != Stream::State::kHandshake) {
    ReadCurrent(now);
  }
}

void PeerLink::BeginTalk(Clock::time_point now) {
  talking_ = true;
  checked_at_ = now;
  peer_ = current_->channel().peer();
  if (we_opened_) ++all_->counters.handshakes;
  if (!we_opened_ && all_->options.hopping != PortHopping::kOff) {
    must_move_ = true;
    OfferPort(now);
  } else {
    Write(MakeHello(), now);
  }
}

void PeerLink::ReadCurrent(Clock::time_point now) {
  std::vector<std::string> frames;
  const Stream::State state = current_->Read(frames);
  for (const std::string& frame : frames) {
    if (ended_) return;
    if (peer_moved_) return EndAs({.text = "the peer went on where it had left"}, now);
    TakeFrame(frame, now);
  }
  if (ended_) return;
  // Who has said `moved` may close it.
  if (peer_moved_) return SwitchIfBothSaid(now);
  if (state == Stream::State::kFailed) {
    if (!talking_) ++all_->counters.handshakes_failed;
    return EndAs(current_->failure(), now);
  }
  if (state != Stream::State::kClosed) return;
  // It has waited for us at its work port for as long as it would.
  if (must_move_ && moving()) return GiveUpMove("the other side has given up", now);
  End(LinkEnd::kClosed, "closed by the peer", now);
}

void PeerLink::TakeFrame(const std::string& frame, Clock::time_point now) {
  absl::StatusOr<Message> message = DecodeMessage(frame);
  if (!message.ok()) {
    return Refuse(Denial::kInvalid, LinkEnd::kInvalid, std::string(message.status().message()),
                  now);
  }
  ++all_->counters.messages_received;
  if (const auto* hello = std::get_if<Hello>(&*message)) return TakeHello(*hello, now);
  if (const auto* deny = std::get_if<Deny>(&*message);
      deny != nullptr && !deny->trace.has_value()) {
    return TakeDenial(*deny, now);
  }
  if (!open_) {
    return Refuse(Denial::kInvalid, LinkEnd::kInvalid, "the peer did not begin with HELLO", now);
  }
  last_message_ = now;
  all_->events.push_back(LinkReceived{.link = id_, .message = *std::move(message)});
}

void PeerLink::TakeHello(const Hello& hello, Clock::time_point now) {
  if (hello.moved) {
    if (!moving()) return EndAs({.text = "the peer moved to no place"}, now);
    peer_moved_ = true;
    return;
  }
  LinkReceived received{.link = id_, .message = hello};
  if (open_) {
    all_->events.push_back(std::move(received));
  } else if (!said_hello_) {
    held_.push_back(std::move(received));
  }
  said_hello_ = true;
  if (hello.work_port.has_value()) {
    if (!we_opened_) return EndAs({.text = "the peer, which asks, offers a work port"}, now);
    must_move_ = must_move_ || !open_;
    return FollowTo(*hello.work_port, now);
  }
  OpenIfReady();
}

void PeerLink::TakeDenial(const Deny& deny, Clock::time_point now) {
  const LinkEnd end = deny.reason == Denial::kRevoked ? LinkEnd::kDistrustsUs : LinkEnd::kDenied;
  End(end, fmt::format("the peer denies: {}", DenialName(deny.reason)), now);
}

void PeerLink::OpenIfReady() {
  if (open_ || ended_ || !said_hello_ || must_move_) return;
  open_ = true;
  all_->events.push_back(LinkOpened{
      .link = id_, .peer = peer_.identity, .address = address_, .we_opened = we_opened_});
  for (LinkEvent& each : held_) all_->events.push_back(std::move(each));
  held_ = {};
}

void PeerLink::CheckTimes(Clock::time_point now) {
  if (moving() && now >= moves_by_) GiveUpMove("no connection in time", now);
  if (ended_) return;
  if (!open_ && now >= opens_by_) {
    ++all_->counters.timed_out;
    const bool nobody = current_->state() == Stream::State::kConnecting;
    return End(LinkEnd::kUnreachable,
               nobody ? "no connection in time" : "the handshake did not end in time", now);
  }
  if (open_ && now >= last_message_ + ToChrono(all_->options.idle_timeout)) {
    return End(LinkEnd::kIdle, "nothing was said for a long time", now);
  }
  if (open_ && !we_opened_ && !moving() && all_->options.hopping == PortHopping::kTimed &&
      now >= hops_at_) {
    OfferPort(now);
  }
}

}  // namespace cairn::tracing
