// SPDX-License-Identifier: BSD-3-Clause
// What an agent does for its traces, and with finished chains.
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "traceback/tracing/agent/agent_loop.h"

namespace cairn::tracing {

bool AgentLoop::DoWanted(Clock::time_point now) {
  const std::optional<Clock::time_point> deadline = rounds_.NextDeadline();
  if (deadline.has_value() && *deadline <= now) rounds_.OnTime(now);
  bool any = false;
  while (const std::optional<Wanted> wanted = rounds_.Next()) {
    any = true;
    std::visit([&](const auto& each) { Do(each, now); }, *wanted);
  }
  WarnOfAge(now);
  return any;
}

void AgentLoop::Do(const LookWanted& look, Clock::time_point now) {
  const auto sent = monitor_.Send(LookRequest{.look = look.look,
                                              .trace = look.trace,
                                              .connection = look.connection,
                                              .may_be_inbound = look.is_inbound,
                                              .asker = look.asker});
  if (sent == MonitorChannel::SendState::kSent) return;
  rounds_.OnLooked(look.look, absl::UnavailableError("the monitor is busy"), now);
}

void AgentLoop::Do(const AskWanted& ask, Clock::time_point now) {
  if (IsStale()) {
    return rounds_.OnAskFailed(ask.host, ask.question.trace, End::kRefused, now);
  }
  peers_->Ask(ask.host, ask.question);
}

void AgentLoop::Do(const StopAsking& stop, Clock::time_point /*now*/) {
  peers_->StopAsking(stop.host, stop.trace);
}

void AgentLoop::Do(const Reply& reply, Clock::time_point /*now*/) {
  if (Control::IsClient(reply.asker)) {
    control_.Send(reply.asker, reply.message);
  } else {
    links_->Send(reply.asker, reply.message);
  }
}

void AgentLoop::Do(const SvWanted& record, Clock::time_point /*now*/) {
  monitor_.Send(SvRequest{.trace = record.trace, .connection = record.connection});
}

void AgentLoop::Do(const LogLine& line, Clock::time_point /*now*/) {
  log_({.is_warning = line.is_warning,
        .cause = line.peer.has_value() ? LogCause::kPeer : LogCause::kOwn,
        .source = line.peer.value_or(IpAddress()),
        .text = line.text});
}

void AgentLoop::Do(const Finished& finished, Clock::time_point /*now*/) {
  if (!finished.save) return;
  const PacketTime now = WallTime();
  Chain chain = finished.chain;
  chain.origin = self_.identity.id;
  chain.origin_name = self_.identity.name;
  chain.sequence = knowledge_->NextSequence(now);
  chain.previous = knowledge_->LastSequence();
  chain.time = now;
  absl::StatusOr<std::string> signature =
      signer_->Sign(self_.scheme, std::string(kChainPrefix) + ChainHead(chain));
  if (!signature.ok()) {
    return Log(true, fmt::format("trace {}: the chain is not kept: {}", ShortText(chain.trace),
                                 std::string(signature.status().message())));
  }
  chain.signature = *std::move(signature);
  chain.certificate = self_.credentials.certificate;
  const Added added =
      finished.broadcast ? knowledge_->Add(chain, now) : knowledge_->KeepHere(chain, now);
  if (added != Added::kNew) {
    return Log(true, fmt::format("trace {}: the chain is not kept: it is too large",
                                 ShortText(chain.trace)));
  }
  if (finished.broadcast) exchange_.Announce(chain, now);
  if (absl::Status health = knowledge_->health(); !health.ok()) {
    Log(true, fmt::format("the knowledge base is not on disk: {}", std::string(health.message())));
  }
}

std::optional<Met> AgentLoop::Meet(const Chain& chain) const {
  Chain dated = chain;
  dated.time = WallTime();
  const std::vector<Meeting> meetings = knowledge_->Meets(dated);
  if (meetings.empty()) return std::nullopt;
  return Met{.trace = meetings.front().trace,
             .time = meetings.front().time,
             .chains = static_cast<uint32_t>(meetings.size())};
}

bool AgentLoop::TakeExchange(Clock::time_point now) {
  const PacketTime wall = WallTime();
  if (exchange_.NextDeadline(wall) <= wall) exchange_.Step(wall);
  bool any = false;
  while (const std::optional<Exchange::Outgoing> outgoing = exchange_.Next()) {
    any = true;
    if (!peers_->Tell(outgoing->to, outgoing->message, now)) exchange_.Forget(outgoing->to);
  }
  return any;
}

}  // namespace cairn::tracing
