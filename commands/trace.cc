// SPDX-License-Identifier: BSD-3-Clause
// cairn trace: one chain, traced by the agents of its hosts, by hand.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "base/wall_clock.h"
#include "commands/commands.h"
#include "commands/program/duration_option.h"
#include "commands/run.h"
#include "commands/settings/settings_options.h"
#include "commands/signals.h"
#include "commands/trace_target.h"
#include "output/json_lines.h"
#include "output/line_writer.h"
#include "traceback/alerts/alert_traces.h"
#include "traceback/findings/trace_text.h"

namespace cairn::commands {
namespace {

constexpr char kTraceCommand[] = "trace";

struct TraceArguments {
  std::vector<std::string> words;
  SettingsOptions settings;
  // What the configuration says, unless they are given.
  std::optional<std::string> certificate;
  std::optional<std::string> key;
  std::optional<std::string> authorities;
  std::optional<std::string> revocations;
  std::optional<uint16_t> port;
  std::optional<uint32_t> hops;
  std::optional<PacketDelta> timeout;
  std::string reason;
  bool inbound = false;
  bool json = false;
};

tracing::AskerOptions OptionsOf(const TraceArguments& arguments, const config::Settings& settings) {
  tracing::AskerOptions options =
      alerts::AskerOptionsOf(settings.traceback, settings.detector.protected_networks);
  options.certificate = arguments.certificate.value_or(options.certificate);
  options.key = arguments.key.value_or(options.key);
  options.authorities = arguments.authorities.value_or(options.authorities);
  options.revocations = arguments.revocations.value_or(options.revocations);
  options.port = arguments.port.value_or(options.port);
  options.limits.max_hops = arguments.hops.value_or(options.limits.max_hops);
  options.limits.deadline = arguments.timeout.value_or(options.limits.deadline);
  // Who waits in front of a terminal waits for one agent as long as for all.
  if (arguments.timeout.has_value()) {
    options.limits.peer_timeout = std::min(options.limits.peer_timeout, *arguments.timeout);
  }
  return options;
}

std::string LineOf(const TracebackEvent& event, bool as_json) {
  if (as_json) return output::ToJsonLine(event);
  if (const auto* hop = std::get_if<TraceHop>(&event)) return HopText(*hop) + '\n';
  const auto* done = std::get_if<TraceDone>(&event);
  return done == nullptr ? std::string() : DoneText(*done) + '\n';
}

// One trace, its events written as they come.
class Tracing {
 public:
  Tracing(tracing::Tracer& tracer, tracing::TraceSubject subject, bool as_json)
      : tracer_(tracer), subject_(std::move(subject)), as_json_(as_json) {}

  // The exit code.
  int Run(tracing::AskRequest request) {
    constexpr std::chrono::milliseconds kLook{50};
    tracer_.Begin(1, std::move(request));
    while (!done_.has_value()) {
      if (StopSignal() != 0) tracer_.GiveUp();
      tracer_.WaitUntil(std::chrono::steady_clock::now() + kLook);
      for (const tracing::AskEvent& event : tracer_.Take()) {
        const absl::Status written = Write(event);
        if (written.ok()) continue;
        // A reader that has seen enough (| head) is no news to the user.
        if (!absl::IsCancelled(written)) PrintError(kTraceCommand, written);
        return kFailed;
      }
    }
    if (StopSignal() != 0) return StopExitCode();
    return done_->end == "console" || done_->end == "process" ? kDone : kFailed;
  }

 private:
  absl::Status Write(const tracing::AskEvent& event) {
    const std::optional<TracebackEvent> told =
        tracing::ToTracebackEvent(event, WallTime(), subject_);
    if (!told.has_value()) return absl::OkStatus();
    if (const auto* done = std::get_if<TraceDone>(&*told)) done_ = *done;
    return out_->Write(LineOf(*told, as_json_));
  }

  tracing::Tracer& tracer_;
  tracing::TraceSubject subject_;
  const bool as_json_;
  std::optional<TraceDone> done_;
  std::unique_ptr<output::LineWriter> out_ = output::LineWriter::StandardOutput();
};

int DoTrace(const TraceArguments& arguments) {
  const absl::StatusOr<config::Settings> settings = LoadSettings(arguments.settings);
  if (!settings.ok()) return Fail(kTraceCommand, kUsage, settings.status());
  absl::StatusOr<tracing::TraceSubject> subject = ParseTraceTarget(kTraceCommand, arguments.words);
  if (!subject.ok()) {
    return Fail(kTraceCommand, subject.status());
  }
  if (subject->asked.alert_id.empty()) subject->asked.time = WallTime();
  CatchStopSignals();
  const absl::StatusOr<std::unique_ptr<tracing::Tracer>> tracer =
      tracing::Tracer::Make(OptionsOf(arguments, *settings));
  if (!tracer.ok()) {
    return Fail(kTraceCommand, kFailed,
                absl::FailedPreconditionError(
                    fmt::format("{}\nSee 'Tracing the chain' in docs/traceback.md for how a sensor "
                                "gets its certificate.",
                                std::string(tracer.status().message()))));
  }
  std::string reason = arguments.reason;
  if (reason.empty() && !subject->asked.alert_id.empty()) {
    reason = fmt::format("alert {}", subject->asked.alert_id);
  }
  tracing::AskRequest request = {
      .connection = {.local = subject->about.local, .remote = subject->about.remote},
      .is_inbound = arguments.inbound,
      .reason = std::move(reason)};
  return Tracing(**tracer, *std::move(subject), arguments.json).Run(std::move(request));
}

}  // namespace

void AddTraceByHand(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      kTraceCommand, "Ask the agents of its hosts where a session comes from, hop by hop");
  const auto arguments = std::make_shared<TraceArguments>();
  command
      ->add_option("TARGET", arguments->words,
                   "The connection: the asked host's own end and the other one, as in "
                   "10.10.0.15:40022 172.16.2.2:22; or an alert's id, or its first digits, and "
                   "files that --alerts wrote ('-' or none: standard input)")
      ->type_name("")
      ->required();
  AddSettingsOptions(*command, arguments->settings);
  command
      ->add_option("--certificate", arguments->certificate,
                   "The sensor's certificate; default: traceback.tracing.certificate")
      ->type_name("FILE");
  command->add_option("--key", arguments->key, "Its private key; default: traceback.tracing.key")
      ->type_name("FILE");
  command
      ->add_option("--authorities", arguments->authorities,
                   "Whose certificates are believed; default: traceback.tracing.authorities")
      ->type_name("FILE");
  command
      ->add_option("--revocations", arguments->revocations,
                   "The list of revoked certificates; default: traceback.tracing.revocations")
      ->type_name("FILE");
  command->add_option("--port", arguments->port, "The port of the agents; default: 4113")
      ->type_name("N")
      ->check(CLI::Range(1, 65535).description(""));
  command->add_option("--hops", arguments->hops, "The most hops; default: 64")
      ->type_name("N")
      ->check(CLI::Range(1, 64).description(""));
  AddDuration(*command, "--timeout", "How long to wait for all; default: 10s", kShortestTimeout,
              kLongestTimeout, [arguments](PacketDelta length) { arguments->timeout = length; });
  command->add_option("--reason", arguments->reason, "Told to the agents, which log it")
      ->type_name("TEXT");
  command->add_flag("--inbound", arguments->inbound,
                    "The host has accepted the connection: who opened it is asked");
  command->add_flag("--json", arguments->json,
                    "As JSON, a line for each hop and one for the end (docs/alerts.md)");
  command->footer(
      "\nHops are printed as they come. Other hosts than the first are asked only within "
      "traceback.allowed_networks, or else protected_networks.\n"
      "Exit status: 0 the origin was found, 1 it was not, 2 wrong usage or configuration, 128+N "
      "ended by signal N.");
  command->callback([arguments, &exit_code] { exit_code = DoTrace(*arguments); });
}

}  // namespace cairn::commands
