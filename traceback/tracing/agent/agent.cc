// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/agent.h"

#include <poll.h>
#include <sys/random.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "traceback/tracing/agent/agent_loop.h"
#include "traceback/tracing/agent/agent_text.h"
#include "traceback/tracing/trust/check_fact.h"

namespace cairn::tracing {
namespace {

// Even if nothing is due: the time of day may be set anew.
constexpr std::chrono::seconds kLongestSleep{60};
constexpr int kMostInTurn = 64;  // messages of the monitor before others are looked at

TraceId NewTrace() {
  TraceId id = {};
  if (getrandom(id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) id = {};
  return id;
}

uint64_t NewSeed() {
  uint64_t seed = 0;
  const TraceId bytes = NewTrace();
  std::memcpy(&seed, bytes.data(), sizeof(seed));
  return seed;
}

}  // namespace

AgentLoop::AgentLoop(const Options& options, AgentParts parts, Self self, Trust trust,
                     std::unique_ptr<Knowledge> knowledge)
    : options_(options),
      self_(std::move(self)),
      trust_(std::move(trust)),
      signer_(std::move(parts.signer)),
      log_(std::move(parts.log)),
      on_turn_(std::move(parts.on_turn)),
      revocation_file_(parts.folder),
      monitor_(UniqueFd(parts.monitor)),
      control_(UniqueFd(parts.control)),
      rules_(options.rules),
      knowledge_(std::move(knowledge)),
      exchange_(
          *knowledge_, options.knowledge,
          [this](const Chain& chain) { return CheckChain(trust_, chain, WallTime()); }, NewSeed()),
      rounds_(options.rounds, options.networks, rules_,
              Rounds::Host{.check =
                               [this](const SignedFact& fact, const TraceId& trace) {
                                 return CheckFact(trust_, fact, trace, WallTime());
                               },
                           .meet = [this](const Chain& chain) { return Meet(chain); },
                           .new_trace = NewTrace,
                           .own = self_.identity.addresses}) {}

absl::Status AgentLoop::Open() {
  absl::StatusOr<std::unique_ptr<Links>> links = Links::Make(
      options_.links, self_.credentials, trust_, *signer_, self_.identity.name, WallTime);
  if (!links.ok()) return links.status();
  links_ = *std::move(links);
  peers_.emplace(*links_, options_.max_peers);
  // Half of the room stays for traces.
  exchange_.SetHasRoom([this](const IpAddress& peer) {
    return peers_->HasRoom(peer, options_.links.max_queued_bytes / 4);
  });
  SetPeers();
  return absl::OkStatus();
}

void AgentLoop::Run() {
  while (!is_over_) Turn();
}

void AgentLoop::Turn() {
  std::vector<pollfd> polled = {{.fd = monitor_.descriptor(), .events = POLLIN, .revents = 0}};
  control_.AppendPolled(polled);
  const size_t first_of_links = polled.size();
  links_->AppendPolled(polled);
  const timespec timeout = Timeout();
  if (ppoll(polled.data(), polled.size(), &timeout, nullptr) < 0) {
    for (pollfd& each : polled) each.revents = 0;
  }
  const std::span<const pollfd> ready(polled);
  if (ready[0].revents != 0) TakeMonitorMessages();
  const Clock::time_point now = Clock::now();
  control_.Step(now, ready.subspan(1, first_of_links - 1));
  links_->Step(now, ready.subspan(first_of_links));
  // One may make another have something to do.
  for (bool any = true; any;) {
    any = TakeLinkEvents(now);
    any = TakeControl(now) || any;
    any = DoWanted(now) || any;
    any = TakeExchange(now) || any;
  }
  turns_soon_ = on_turn_ && on_turn_();
}

timespec AgentLoop::Timeout() {
  const Clock::time_point now = Clock::now();
  Clock::time_point at = now + kLongestSleep;
  for (const auto& deadline :
       {links_->NextDeadline(), control_.NextDeadline(), rounds_.NextDeadline()}) {
    at = std::min(at, deadline.value_or(at));
  }
  constexpr std::chrono::seconds kSoon{1};
  if (turns_soon_) at = std::min(at, now + kSoon);
  const PacketDelta exchange = exchange_.NextDeadline(WallTime()) - WallTime();
  const PacketDelta longest = PacketDelta::FromSeconds(kLongestSleep.count());
  at = std::min(at, now + std::chrono::nanoseconds(
                              std::max<int64_t>(std::min(exchange, longest).ToNanoseconds(), 0)));
  const auto left = std::max(at - now, Clock::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
}

void AgentLoop::TakeMonitorMessages() {
  MonitorMessage message;
  for (int i = 0; i < kMostInTurn; ++i) {
    switch (monitor_.Receive(message)) {
      case MonitorChannel::ReceiveState::kNothing:
        return;
      case MonitorChannel::ReceiveState::kClosed:
      case MonitorChannel::ReceiveState::kRefused:
        is_over_ = true;
        return;
      case MonitorChannel::ReceiveState::kMessage:
        Take(message);
        break;
    }
  }
}

void AgentLoop::Take(const MonitorMessage& message) {
  if (const auto* reply = std::get_if<LookReply>(&message)) {
    const absl::StatusOr<SignedFact> fact =
        reply->fact.empty() ? absl::StatusOr<SignedFact>(absl::UnavailableError(reply->error))
                            : SignedFact{.fact = reply->fact,
                                         .signature = reply->signature,
                                         .certificate = self_.credentials.certificate};
    rounds_.OnLooked(reply->look, fact, Clock::now());
  } else if (const auto* request = std::get_if<CountersRequest>(&message)) {
    monitor_.Send(CountersReply{.text = CountersText({.rounds = rounds_.counters(),
                                                      .links = links_->counters(),
                                                      .knowledge = knowledge_->counters(),
                                                      .exchange = exchange_.counters(),
                                                      .lists = revocation_gate_.counters(),
                                                      .alerts = alerts_})});
    is_over_ = request->end;
  } else if (const auto* revocations = std::get_if<NewRevocations>(&message)) {
    TakeRevocations(revocations->list, nullptr);
  }
}

bool AgentLoop::TakeControl(Clock::time_point now) {
  bool any = false;
  while (const std::optional<Control::Asked> asked = control_.NextAsked()) {
    any = true;
    const Trace& question = asked->question;
    rounds_.Begin(asked->client, question.connection, question.is_inbound, question.reason, now);
  }
  while (const std::optional<uint64_t> gone = control_.NextGone()) {
    any = true;
    rounds_.OnAskerGone(*gone);
  }
  return any;
}

absl::StatusOr<std::unique_ptr<Agent>> Agent::Make(const Options& options, AgentParts parts) {
  absl::StatusOr<Trust> trust = Trust::Make(parts.files.authorities, parts.files.revocations);
  if (!trust.ok()) return trust.status();
  trust->set_most_list_age(options.stale_list_refusal);
  const RevocationFile learned(parts.folder);
  if (const std::string list = learned.Load(); !list.empty()) {
    trust->TakeRevocations(list).IgnoreError();  // a damaged copy is fetched again
  }
  absl::StatusOr<std::vector<std::string>> certificates =
      CertificatesOfPem(parts.files.certificate);
  if (!certificates.ok()) return certificates.status();
  Self self = {.credentials = {.certificate = certificates->front(),
                               .chain = {certificates->begin() + 1, certificates->end()}}};
  absl::StatusOr<Identity> identity =
      trust->Check(self.credentials.certificate, WallTime(), nullptr, self.credentials.chain);
  if (!identity.ok()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: this host's own certificate is not believed: {}", options.certificate,
                    std::string(identity.status().message())));
  }
  self.identity = *std::move(identity);
  const absl::StatusOr<uint16_t> scheme = Trust::SchemeOf(self.credentials.certificate);
  if (!scheme.ok()) return scheme.status();
  self.scheme = *scheme;
  absl::StatusOr<std::unique_ptr<Knowledge>> knowledge =
      Knowledge::Open(parts.folder, self.identity.id, options.knowledge, WallTime());
  if (!knowledge.ok()) return knowledge.status();
  auto agent = std::make_unique<AgentLoop>(options, std::move(parts), std::move(self),
                                           *std::move(trust), *std::move(knowledge));
  if (absl::Status opened = agent->Open(); !opened.ok()) return opened;
  return agent;
}

}  // namespace cairn::tracing
