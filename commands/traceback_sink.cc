// SPDX-License-Identifier: BSD-3-Clause
#include "commands/traceback_sink.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <variant>

#include "fmt/format.h"

#include "commands/signals.h"

namespace cairn::commands {
namespace {

using Clock = std::chrono::steady_clock;

void Count(const StopToken&, output::TracebackCounters& tokens, output::TracingCounters&) {
  ++tokens.asked;
  ++tokens.tokens;
}

void Count(const StopFailed& event, output::TracebackCounters& tokens, output::TracingCounters&) {
  ++tokens.asked;
  ++tokens.failed[event.reason];
}

void Count(const TraceHop& event, output::TracebackCounters&, output::TracingCounters& traces) {
  ++(event.verified ? traces.hops : traces.claims);
}

void Count(const TraceDone& event, output::TracebackCounters&, output::TracingCounters& traces) {
  ++traces.traces;
  ++(event.end.empty() ? traces.failed[event.reason] : traces.ended[event.end]);
}

std::string NetworksText(const PrefixSet& networks) {
  std::string text;
  for (const Prefix& prefix : networks.prefixes()) {
    text += (text.empty() ? "" : ", ") + prefix.ToString();
  }
  return text;
}

}  // namespace

TracebackSink::TracebackSink(Outputs& outputs, const alerts::Options& options,
                             const PrefixSet& protected_networks, const Asks& asks)
    : outputs_(outputs), asks_(asks) {
  if (asks_.tracer != nullptr) {
    traces_.emplace(options, protected_networks, *asks_.tracer);
    tracing_.emplace();
  }
  if (asks_.tokens || asks_.tracer != nullptr) {
    requests_.emplace(options, protected_networks);
    counters_.emplace();
  }
}

absl::Status TracebackSink::Write(const Event& event) {
  absl::Status written = outputs_.Write(event);
  if (!written.ok()) return written;
  if (traces_.has_value()) traces_->Observe(event);
  if (asks_.tokens) requests_->Observe(event);
  return written;
}

absl::Status TracebackSink::WriteAnswers() {
  if (traces_.has_value()) {
    if (absl::Status written = WriteAll(traces_->Take()); !written.ok()) return written;
    for (const alerts::Suspect& suspect : traces_->TakeWithoutAgent()) {
      if (!asks_.tokens) requests_->Ask(suspect);
    }
    TellFault();
  }
  return requests_.has_value() ? WriteAll(requests_->Take()) : absl::OkStatus();
}

void TracebackSink::TellFault() {
  std::string fault = traces_->fault();
  if (fault == told_fault_) return;
  told_fault_ = std::move(fault);
  if (told_fault_.empty() || asks_.quiet) return;
  if (outputs_.progress() != nullptr) outputs_.progress()->Clear();
  fmt::print(stderr, "cairn {}: warning: {}; the files from before are used on\n", asks_.command,
             told_fault_);
}

bool TracebackSink::AllHaveAnswered() {
  return (!traces_.has_value() || traces_->idle()) && requests_->WaitUntil(Clock::now());
}

absl::Status TracebackSink::Finish() {
  if (!requests_.has_value()) return absl::OkStatus();
  constexpr std::chrono::milliseconds kLook{50};
  // Whoever has no agent is asked for a token after that.
  Clock::time_point end = Clock::now() + requests_->Patience();
  if (traces_.has_value()) end += traces_->Patience();
  bool all = false;
  while (!all && StopSignal() == 0 && Clock::now() < end) {
    const Clock::time_point look = std::min(end, Clock::now() + kLook);
    if (traces_.has_value() && !traces_->idle()) {
      traces_->WaitUntil(look);
    } else {
      requests_->WaitUntil(look);
    }
    if (absl::Status written = WriteAnswers(); !written.ok()) return written;
    all = AllHaveAnswered();
  }
  if (traces_.has_value()) traces_->GiveUp();
  absl::Status written = WriteAnswers();
  if (written.ok()) written = WriteAll(requests_->GiveUp());
  return written;
}

absl::Status TracebackSink::WriteAll(const std::vector<TracebackEvent>& events) {
  output::TracingCounters none;
  for (const TracebackEvent& event : events) {
    std::visit(
        [&](const auto& each) { Count(each, *counters_, tracing_.has_value() ? *tracing_ : none); },
        event);
    if (absl::Status written = outputs_.Write(event); !written.ok()) return written;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<tracing::Tracer>> TracerFor(const RunOptions& options,
                                                           const config::Settings& settings) {
  if (!options.trace) return nullptr;
  absl::StatusOr<std::unique_ptr<tracing::Tracer>> tracer = tracing::Tracer::Make(
      alerts::AskerOptionsOf(settings.traceback, settings.detector.protected_networks));
  if (tracer.ok()) return tracer;
  return absl::FailedPreconditionError(
      fmt::format("traceback.trace: {}\nSee 'Tracing the chain' in docs/traceback.md for how a "
                  "sensor gets its certificate, or set traceback.trace to false.",
                  std::string(tracer.status().message())));
}

void TellWhoIsAsked(std::string_view command, const RunOptions& options,
                    const config::Settings& settings) {
  if (options.quiet || !(options.traceback || options.trace)) return;
  const PrefixSet& allowed = settings.traceback.allowed_networks.empty()
                                 ? settings.detector.protected_networks
                                 : settings.traceback.allowed_networks;
  if (allowed.empty()) {
    fmt::print(stderr,
               "cairn {}: no host may be asked: name networks with --protect or "
               "traceback.allowed_networks\n",
               command);
    return;
  }
  const std::string networks = NetworksText(allowed);
  if (options.trace) {
    fmt::print(stderr,
               "cairn {}: upon alerts, agents of hosts of {} are asked on TCP port {} where the "
               "session comes from; they can see that (--no-traceback: nobody is asked)\n",
               command, networks, settings.traceback.tracing.port);
  }
  if (options.traceback) {
    fmt::print(
        stderr,
        "cairn {}: upon alerts, hosts of {} are asked on TCP port {} who owns the connection; "
        "they can see that (--no-traceback: nobody is asked)\n",
        command, networks, settings.traceback.ask.port);
  } else {
    fmt::print(stderr,
               "cairn {}: those that have no agent are asked on TCP port {} who owns the "
               "connection\n",
               command, settings.traceback.ask.port);
  }
}

}  // namespace cairn::commands
