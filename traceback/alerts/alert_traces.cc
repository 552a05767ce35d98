// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/alerts/alert_traces.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "base/wall_clock.h"

namespace cairn::alerts {
namespace {

const PrefixSet& NetworksOf(const Options& options, const PrefixSet& protected_networks) {
  return options.allowed_networks.empty() ? protected_networks : options.allowed_networks;
}

tracing::AskId IdOf(const tracing::AskEvent& event) {
  return std::visit(
      [](const auto& each) -> tracing::AskId {
        if constexpr (requires { each.id; }) return each.id;
        return 0;
      },
      event);
}

bool HasNoAgent(const tracing::AskEvent& event) {
  const auto* failed = std::get_if<tracing::AskFailed>(&event);
  return failed != nullptr && (failed->reason == tracing::AskFailure::kNoAgent ||
                               failed->reason == tracing::AskFailure::kSilent);
}

}  // namespace

tracing::AskerOptions AskerOptionsOf(const Options& options, const PrefixSet& protected_networks) {
  tracing::AskerOptions asker = options.tracing;
  asker.networks = NetworksOf(options, protected_networks);
  return asker;
}

AlertTraces::AlertTraces(const Options& options, const PrefixSet& protected_networks,
                         tracing::TraceRunner& tracer)
    : options_(options),
      networks_(NetworksOf(options, protected_networks)),
      sieve_(options),
      tracer_(tracer) {}

void AlertTraces::Observe(const Event& event) {
  const std::optional<Suspect> suspect = SuspectOf(event);
  if (suspect.has_value() && sieve_.Takes(*suspect)) Ask(*suspect);
}

void AlertTraces::Ask(const Suspect& suspect) {
  HostConnection about = WayOn(suspect);
  if (!networks_.Contains(about.local.ip) && networks_.Contains(suspect.upstream.orig.ip)) {
    about = {.local = suspect.upstream.orig, .remote = suspect.upstream.resp};
  }
  tracing::TraceSubject subject = {.asked = {.time = suspect.time,
                                             .alert_id = suspect.alert_id,
                                             .revision = suspect.revision,
                                             .chain = suspect.chain},
                                   .about = about};
  if (!networks_.Contains(about.local.ip)) {
    ended_.emplace_back(tracing::NotAsked(subject, WallTime(), "not_allowed",
                                          "the host is not in traceback.allowed_networks"));
    return;
  }
  const tracing::AskId id = next_id_++;
  open_.emplace(id, Open{.suspect = suspect, .subject = std::move(subject)});
  tracer_.Begin(id, {.connection = {.local = about.local, .remote = about.remote},
                     .reason = fmt::format("alert {}", suspect.alert_id)});
}

std::vector<TracebackEvent> AlertTraces::Take() {
  const PacketTime now = WallTime();
  std::vector<TracebackEvent> events = std::exchange(ended_, {});
  for (const tracing::AskEvent& event : tracer_.Take()) {
    const auto open = open_.find(IdOf(event));
    if (open == open_.end()) continue;
    std::optional<TracebackEvent> told =
        tracing::ToTracebackEvent(event, now, open->second.subject);
    if (!told.has_value()) continue;
    const bool is_last = tracing::IsLast(*told);
    events.push_back(*std::move(told));
    if (!is_last) continue;
    if (HasNoAgent(event)) without_agent_.push_back(std::move(open->second.suspect));
    open_.erase(open);
  }
  return events;
}

bool AlertTraces::WaitUntil(std::chrono::steady_clock::time_point deadline) {
  if (!ended_.empty()) return true;
  return tracer_.WaitUntil(deadline);
}

std::chrono::nanoseconds AlertTraces::Patience() const {
  // A little more than the deadline, so that its end is told.
  return ToChrono(options_.tracing.limits.deadline) + std::chrono::seconds(1);
}

}  // namespace cairn::alerts
