// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "fmt/format.h"

#include "traceback/daemon/reply_rules.h"
#include "traceback/daemon/socket_address.h"
#include "traceback/stop/asker_network.h"

namespace cairn::daemon {
namespace {

constexpr int kMostAccepted = 64;  // from one listener before others have their turn

std::chrono::nanoseconds Length(PacketDelta delta) {
  return std::chrono::nanoseconds(delta.ToNanoseconds());
}

}  // namespace

Front::Front(const Options& options, std::vector<int> listeners, Channel channel)
    : options_(options),
      listeners_(std::move(listeners)),
      channel_(std::move(channel)),
      rates_(options.limits),
      cycles_(options.recursion),
      queue_(options.recursion.ask),
      now_(Clock::now()) {}

void Front::Run() {
  std::vector<pollfd> polled;
  while (true) {
    polled.assign(1, {.fd = channel_.descriptor(),
                      .events = static_cast<short>(to_monitor_.empty() ? POLLIN : POLLIN | POLLOUT),
                      .revents = 0});
    for (const int listener : listeners_) {
      polled.push_back({.fd = listener, .events = POLLIN, .revents = 0});
    }
    const size_t first_asker = polled.size();
    for (const Asker& asker : askers_) {
      polled.push_back({.fd = asker.descriptor(), .events = asker.events(), .revents = 0});
    }
    const size_t first_hop = polled.size();
    queue_.AppendPolled(polled);
    if (poll(polled.data(), polled.size(), PollTimeoutMs(Clock::now())) < 0) {
      if (errno != EINTR && errno != ENOMEM) return;
      for (pollfd& each : polled) each.revents = 0;
    }
    now_ = Clock::now();
    const std::span<const pollfd> ready(polled);
    if (StepChannel(ready[0].revents) == Go::kEnd) return;
    for (size_t i = first_asker; i < first_hop; ++i) {
      askers_[i - first_asker].Step(ready[i].revents);
    }
    queue_.Step(now_, ready.subspan(first_hop));
    ServeAskers();
    for (size_t i = 1; i < first_asker; ++i) {
      if (ready[i].revents != 0) Accept(ready[i].fd);
    }
    ReportHops();
    for (LogThrottle& throttle : throttles_) throttle.Flush(now_);
    queue_.Start(now_);
    SendLookUps();
    FlushToMonitor();
  }
}

int Front::PollTimeoutMs(Clock::time_point now) const {
  constexpr int kNever = -1;
  Clock::time_point first = queue_.NextDeadline().value_or(Clock::time_point::max());
  for (const Asker& asker : askers_) {
    if (asker.state() == Asker::State::kReading) first = std::min(first, asker.deadline());
  }
  if (first == Clock::time_point::max()) return kNever;
  if (first <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - now).count();
  return static_cast<int>(std::min<int64_t>(left, std::numeric_limits<int>::max()));
}

void Front::Complain(Complaint complaint, Level level, std::string_view text) {
  throttles_[static_cast<size_t>(complaint)].Log(level, text, now_);
}

Front::Go Front::StepChannel(short ready) {
  if ((ready & (POLLIN | POLLHUP | POLLERR)) == 0) return Go::kOn;
  Message message;
  while (true) {
    switch (channel_.Receive(message)) {
      case Channel::ReceiveState::kNothing:
        return Go::kOn;
      case Channel::ReceiveState::kClosed:
      case Channel::ReceiveState::kRefused:
        return Go::kEnd;
      case Channel::ReceiveState::kMessage:
        break;
    }
    if (const Answer* answer = std::get_if<Answer>(&message)) TakeAnswer(*answer);
    if (const TellCounters* tell = std::get_if<TellCounters>(&message)) {
      counters_.askers_forgotten = rates_.forgotten();
      SendToMonitor(counters_);
      if (tell->end) return Go::kEnd;
    }
  }
}

void Front::Accept(int listener) {
  for (int i = 0; i < kMostAccepted; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    const int descriptor = accept4(listener, reinterpret_cast<sockaddr*>(&storage), &size,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    ++counters_.connections;
    const Endpoint peer = EndpointOf(storage);
    sockaddr_storage own{};
    size = sizeof(own);
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0 ||
        !MakeRoom(peer.ip)) {
      ++counters_.connections_refused;
      Complain(Complaint::kRefused, Level::kWarning,
               fmt::format("refused a connection of {}: too many are open", peer.ToString()));
      close(descriptor);
      continue;
    }
    const int no_delay = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
    askers_.emplace_back(next_id_++, descriptor, peer, EndpointOf(own),
                         now_ + Length(options_.limits.line_timeout));
    Serve(askers_.back());  // the request is often there already
  }
}

// Whether one more connection of `peer` may come in; may close the one that was silent longest.
bool Front::MakeRoom(const IpAddress& peer) {
  const IpAddress network = stop::AskerNetwork(peer);
  const auto of_peer = std::count_if(askers_.begin(), askers_.end(), [&](const Asker& asker) {
    return stop::AskerNetwork(asker.peer().ip) == network;
  });
  if (of_peer >= options_.limits.max_connections_per_asker) return false;
  if (askers_.size() < options_.limits.max_connections) return true;
  auto silent = askers_.end();
  for (auto each = askers_.begin(); each != askers_.end(); ++each) {
    if (each->state() == Asker::State::kWaiting) continue;
    if (silent == askers_.end() || each->deadline() < silent->deadline()) silent = each;
  }
  if (silent == askers_.end()) return false;
  ++counters_.connections_displaced;
  Complain(Complaint::kDisplaced, Level::kWarning,
           fmt::format("closed the silent connection of {}: too many are open",
                       silent->peer().ToString()));
  *silent = std::move(askers_.back());
  askers_.pop_back();
  return true;
}

void Front::ServeAskers() {
  for (Asker& asker : askers_) Serve(asker);
  ExpireAskers();
  std::erase_if(askers_,
                [](const Asker& asker) { return asker.state() == Asker::State::kFinished; });
}

void Front::Serve(Asker& asker) {
  // What is answered at once makes room for the next line.
  while (const std::optional<std::string_view> line = asker.NextLine()) {
    asker.set_deadline(now_ + Length(options_.limits.idle_timeout));
    Take(asker, std::string(*line));
  }
  if (!asker.is_too_long()) return;
  ++counters_.lines_too_long;
  Complain(Complaint::kTooLong, Level::kWarning,
           fmt::format("closed the connection of {}: its line is longer than {} bytes",
                       asker.peer().ToString(), stop::kMaxLineBytes));
}

void Front::ExpireAskers() {
  for (Asker& asker : askers_) {
    if (asker.state() != Asker::State::kReading || now_ < asker.deadline()) continue;
    ++counters_.timed_out;
    Complain(Complaint::kTimedOut, Level::kInfo,
             fmt::format("closed the connection of {}: no whole request in time",
                         asker.peer().ToString()));
    asker.Finish();
  }
}

void Front::Take(Asker& asker, std::string_view line) {
  ++counters_.requests;
  stop::PortPair ports;
  const absl::StatusOr<stop::Request> request = stop::ParseRequest(line, ports);
  const bool names_address = stop::NamesAddress(line);
  const auto refuse = [&](std::string_view error) {
    asker.Answer(ErrorReplyLine(ports, error, options_.errors, names_address));
  };
  if (!rates_.Allow(asker.peer().ip, now_)) {
    ++counters_.rate_limited;
    Complain(Complaint::kRate, Level::kWarning,
             fmt::format("did not process a request of {}: more than {} a minute",
                         asker.peer().ToString(), options_.limits.max_requests_per_asker_minute));
    return refuse(stop::kUnknownError);
  }
  if (!request.ok()) {
    ++counters_.faulty;
    Complain(Complaint::kFaulty, Level::kInfo,
             fmt::format("an invalid request of {}: {}", asker.peer().ToString(),
                         std::string(request.status().message())));
    return refuse(absl::IsOutOfRange(request.status()) ? stop::kInvalidPort : stop::kUnknownError);
  }
  Pending pending;
  pending.ports = ports;
  pending.look_up = {
      .id = asker.id(),
      .type = request->type,
      .session_id = request->session_id,
      .names_address = request->about.has_value(),
      .asker = asker.peer(),
      .local = {asker.here().ip, static_cast<uint16_t>(ports.local)},
      .remote = {request->about.value_or(asker.peer().ip), static_cast<uint16_t>(ports.remote)}};
  if (IsRecursive(request->type)) {
    switch (cycles_.Observe(asker.peer().ip, *request, now_)) {
      case CycleGuard::Verdict::kNew:
        break;
      case CycleGuard::Verdict::kSeen:
        ++counters_.cycles;
        pending.look_up.is_cycle = true;
        break;
      case CycleGuard::Verdict::kFull:
        ++counters_.unremembered;
        Complain(Complaint::kUnremembered, Level::kWarning,
                 fmt::format("did not process a recursive request of {}: {} are remembered",
                             asker.peer().ToString(), options_.recursion.max_remembered));
        return refuse(stop::kUnknownError);
    }
  }
  // Who goes away without waiting for the answer leaves the request behind.
  if (waiting_.size() >= options_.limits.max_connections) {
    ++counters_.overloaded;
    return refuse(stop::kUnknownError);
  }
  if (looked_up_.size() + waiting_.size() >= options_.limits.max_requests) ++counters_.deferred;
  waiting_.push_back(pending);
}

// In the order in which they came.
void Front::SendLookUps() {
  while (!waiting_.empty() && looked_up_.size() < options_.limits.max_requests) {
    const Pending& next = waiting_.front();
    SendToMonitor(next.look_up);
    looked_up_.emplace(next.look_up.id, next);
    waiting_.pop_front();
  }
}

void Front::SendToMonitor(const Message& message) {
  if (!to_monitor_.empty() || channel_.Send(message) == Channel::SendState::kFull) {
    to_monitor_.push_back(message);
  }
}

void Front::FlushToMonitor() {
  while (!to_monitor_.empty() && channel_.Send(to_monitor_.front()) != Channel::SendState::kFull) {
    to_monitor_.pop_front();
  }
}

void Front::TakeAnswer(const Answer& answer) {
  const auto found = looked_up_.find(answer.id);
  if (found == looked_up_.end()) return;
  const Pending pending = found->second;
  looked_up_.erase(found);
  // The reply first (section III-D).
  if (Asker* asker = FindAsker(answer.id)) {
    asker->Answer(ReplyLine(pending.ports, answer.kind, answer.text));
  }
  AskOn(pending, answer);
}

void Front::AskOn(const Pending& pending, const Answer& answer) {
  for (const Target& target : answer.targets) {
    const uint64_t tag = next_id_++;
    const requester::Ask ask = {
        .tag = tag,
        .host = target.remote.ip,
        .request = {.ports = {.local = target.remote.port, .remote = target.local.port},
                    .type = pending.look_up.type,
                    .session_id = pending.look_up.session_id},
        .from = target.local.ip};
    hops_[tag] = {.token = answer.text, .target = target};
    if (queue_.Submit(ask)) {
      ++counters_.hops_asked;
      continue;
    }
    ++counters_.hops_dropped;
    ReportHop(ask, {}, true);
  }
}

void Front::ReportHops() {
  for (requester::Outcome& outcome : queue_.Take()) {
    const requester::Ask ask = outcome.ask;
    if (outcome.result == requester::Result::kAnswered) ++counters_.hops_answered;
    ReportHop(ask, std::move(outcome), false);
  }
}

void Front::ReportHop(const requester::Ask& ask, requester::Outcome outcome, bool queue_full) {
  const auto found = hops_.find(ask.tag);
  if (found == hops_.end()) return;
  HopReport report;
  report.token = std::move(found->second.token);
  report.target = found->second.target;
  report.result = outcome.result;
  report.queue_full = queue_full;
  hops_.erase(found);
  report.is_error = !outcome.reply.error.empty();
  report.answer = report.is_error ? outcome.reply.error : outcome.reply.user;
  // Names of other systems may be any bytes.
  std::replace_if(
      report.answer.begin(), report.answer.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  SendToMonitor(report);
}

Asker* Front::FindAsker(uint64_t id) {
  const auto found = std::find_if(askers_.begin(), askers_.end(),
                                  [id](const Asker& asker) { return asker.id() == id; });
  return found == askers_.end() ? nullptr : &*found;
}

}  // namespace cairn::daemon
