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

#include "base/unique_fd.h"
#include "base/wall_clock.h"
#include "traceback/daemon/reply_rules.h"
#include "traceback/daemon/requester_of.h"
#include "traceback/sockets/socket_address.h"
#include "traceback/stop/asker_network.h"

namespace cairn::daemon {
namespace {

constexpr size_t kPartOfOne = 8;           // one requester has at most an eighth of max_requests
constexpr std::chrono::hours kLongest{1};  // that it waits for something to happen
constexpr int kMostAccepted = 64;          // from one listener before others have their turn

constexpr uint32_t kNotedShare = 10;  // so many askers at least share what is noted

// Zero for what is no port.
uint16_t PortOf(uint32_t number) {
  return number <= std::numeric_limits<uint16_t>::max() ? static_cast<uint16_t>(number) : 0;
}

Limits NotedLimits(Limits limits, uint32_t share) {
  limits.max_requests_per_asker_minute = std::max(limits.max_noted_refusals_per_minute / share, 1U);
  return limits;
}

}  // namespace

Front::Front(const Options& options, std::vector<int> listeners, Channel channel)
    : options_(options),
      listeners_(std::move(listeners)),
      channel_(std::move(channel)),
      rates_(options.limits),
      noted_rates_(NotedLimits(options.limits, kNotedShare)),
      all_noted_rates_(NotedLimits(options.limits, 1)),
      cycles_(options.recursion, options.askers.trusted),
      hops_(options.recursion, options.askers.trusted, counters_),
      now_(Clock::now()),
      waiting_(size_t{2} * options.limits.max_connections,
               std::max<size_t>(1, options.limits.max_requests / kPartOfOne)),
      held_(options.least_reply_time) {}

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
    hops_.queue().AppendPolled(polled);
    // To the nanosecond: rounded, the time of a reply would tell when its answer came.
    const timespec timeout = PollTimeout(Clock::now());
    if (ppoll(polled.data(), polled.size(), &timeout, nullptr) < 0) {
      if (errno != EINTR && errno != ENOMEM) return;
      for (pollfd& each : polled) each.revents = 0;
    }
    now_ = Clock::now();
    const std::span<const pollfd> ready(polled);
    if (StepChannel(ready[0].revents) == Go::kEnd) return;
    for (size_t i = first_asker; i < first_hop; ++i) {
      askers_[i - first_asker].Step(ready[i].revents);
    }
    hops_.queue().Step(now_, ready.subspan(first_hop));
    SendHeld(now_);
    ServeAskers();
    for (size_t i = 1; i < first_asker; ++i) {
      if (ready[i].revents != 0) Accept(ready[i].fd);
    }
    ReportHops();
    for (SourceThrottle& throttle : throttles_) throttle.Flush(now_);
    hops_.queue().Start(now_);
    SendLookUps();
    FlushToMonitor();
  }
}

timespec Front::PollTimeout(Clock::time_point now) const {
  Clock::time_point first = now + kLongest;
  first = std::min(first, hops_.queue().NextDeadline().value_or(first));
  first = std::min(first, held_.Next().value_or(first));
  for (const SourceThrottle& each : throttles_) first = std::min(first, each.due().value_or(first));
  for (const Asker& asker : askers_) {
    if (asker.state() == Asker::State::kReading) first = std::min(first, asker.deadline());
  }
  const std::chrono::nanoseconds left = std::max(first - now, Clock::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

void Front::Complain(Complaint complaint, Level level, const IpAddress& asker,
                     std::string_view text) {
  throttles_[static_cast<size_t>(complaint)].Log(level, asker, text, now_);
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
    if (const OwnAddressList* own = std::get_if<OwnAddressList>(&message)) {
      stop::SetOwnAddresses(own->addresses);
    }
    if (const TellCounters* tell = std::get_if<TellCounters>(&message)) {
      counters_.askers_forgotten = rates_.forgotten();
      SendToMonitor(counters_);
      if (tell->end) {
        SendHeld(Clock::time_point::max());
        return Go::kEnd;
      }
    }
  }
}

void Front::Accept(int listener) {
  for (int i = 0; i < kMostAccepted; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    UniqueFd descriptor(accept4(listener, reinterpret_cast<sockaddr*>(&storage), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!descriptor.is_open()) return;
    ++counters_.connections;
    const Endpoint peer = sockets::EndpointOf(storage);
    const Endpoint own = sockets::LocalEnd(descriptor.get());
    if (own == Endpoint() || !MakeRoom(peer.ip)) {
      ++counters_.connections_refused;
      Complain(Complaint::kRefused, Level::kWarning, peer.ip,
               fmt::format("refused a connection of {}: too many are open", peer.ToString()));
      continue;
    }
    const int no_delay = 1;
    setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
    askers_.emplace_back(next_id_++, std::move(descriptor), peer, own,
                         now_ + ToChrono(options_.limits.line_timeout));
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
  Complain(Complaint::kDisplaced, Level::kWarning, silent->peer().ip,
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
    asker.set_deadline(now_ + ToChrono(options_.limits.idle_timeout));
    Take(asker, std::string(*line));
  }
  if (!asker.is_too_long()) return;
  ++counters_.lines_too_long;
  Complain(Complaint::kTooLong, Level::kWarning, asker.peer().ip,
           fmt::format("closed the connection of {}: its line is longer than {} bytes",
                       asker.peer().ToString(), stop::kMaxLineBytes));
}

void Front::ExpireAskers() {
  for (Asker& asker : askers_) {
    if (asker.state() != Asker::State::kReading || now_ < asker.deadline()) continue;
    ++counters_.timed_out;
    Complain(Complaint::kTimedOut, Level::kInfo, asker.peer().ip,
             fmt::format("closed the connection of {}: no whole request in time",
                         asker.peer().ToString()));
    asker.Finish();
  }
}

void Front::Take(Asker& asker, std::string_view line) {
  ++counters_.requests;
  stop::PortPair ports;
  const absl::StatusOr<stop::Request> request = stop::ParseRequest(line, ports);
  Pending pending = {
      .look_up = {}, .ports = ports, .came = now_, .requester = RequesterOf(asker.peer().ip)};
  LookUp& look_up = pending.look_up;
  look_up = {.id = asker.id(),
             .names_address = stop::NamesAddress(line),
             .asker = asker.peer(),
             .local = {asker.here().ip, PortOf(ports.local)},
             .remote = {asker.peer().ip, PortOf(ports.remote)}};
  if (request.ok()) {
    look_up.type = request->type;
    look_up.session_id = request->session_id;
    look_up.names_address = request->about.has_value();
    look_up.remote.ip = request->about.value_or(asker.peer().ip);
  }
  look_up.refusal = RefusalOf(asker, request.status(), look_up);
  if (look_up.refusal != Refusal::kNone) {
    const bool is_port =
        look_up.refusal == Refusal::kFaulty && absl::IsOutOfRange(request.status());
    return Refuse(pending, is_port ? stop::kInvalidPort : stop::kUnknownError);
  }
  if (IsRecursive(request->type)) Remember(*request, look_up);
  Queue(pending);
}

// Who goes away without waiting for the answer leaves the request behind.
void Front::Queue(const Pending& pending) {
  if (looked_up_.size() + waiting_.size() >= options_.limits.max_requests) ++counters_.deferred;
  const std::optional<Pending> left_out = waiting_.Push(pending.requester, pending);
  if (!left_out.has_value()) return;
  ++counters_.overloaded;
  Complain(Complaint::kOverloaded, Level::kWarning, left_out->look_up.asker.ip,
           fmt::format("did not process a request of {}: {} were waiting",
                       left_out->look_up.asker.ToString(), waiting_.size()));
  ReplyUnlooked(*left_out, stop::kUnknownError);
}

// In turns of the requesters.
void Front::SendLookUps() {
  while (looked_up_.size() < options_.limits.max_requests) {
    const std::optional<Pending> next = waiting_.Pop();
    if (!next.has_value()) return;
    SendToMonitor(next->look_up);
    looked_up_.emplace(next->look_up.id, *next);
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
  waiting_.Done(pending.requester);
  Hold({.asker = answer.id,
        .line = ReplyLine(pending.ports, answer.kind, answer.text),
        .answered = std::pair(pending.look_up, answer)},
       pending.came);
}

void Front::Hold(Reply reply, Clock::time_point came) {
  if (held_.size() >= size_t{2} * options_.limits.max_connections) {
    // Those that went away without waiting need not be answered in time.
    const auto is_alone = [this](const Reply& each) { return FindAsker(each.asker) == nullptr; };
    while (const std::optional<Reply> gone = held_.TakeIf(is_alone)) Send(*gone);
  }
  held_.Add(std::move(reply), came, now_);
}

void Front::SendHeld(Clock::time_point until) {
  while (const std::optional<Reply> reply = held_.Take(until)) Send(*reply);
}

void Front::Send(const Reply& reply) {
  // The reply first (section III-D).
  if (Asker* asker = FindAsker(reply.asker)) asker->Answer(reply.line);
  if (reply.answered.has_value()) hops_.Take(reply.answered->first, reply.answered->second);
}

void Front::ReportHops() {
  for (const HopReport& report : hops_.Reports()) SendToMonitor(report);
}

Asker* Front::FindAsker(uint64_t id) {
  const auto found = std::find_if(askers_.begin(), askers_.end(),
                                  [id](const Asker& asker) { return asker.id() == id; });
  return found == askers_.end() ? nullptr : &*found;
}

}  // namespace cairn::daemon
