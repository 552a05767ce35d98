// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "base/wall_clock.h"
#include "capture/open.h"
#include "commands/commands.h"
#include "commands/outputs.h"
#include "commands/program/duration_option.h"
#include "commands/ready_detector.h"
#include "commands/run.h"
#include "commands/run_options.h"
#include "commands/signals.h"
#include "commands/traceback_sink.h"

namespace cairn::commands {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kWatchCommand[] = "watch";
constexpr PacketDelta kShortestWatch = PacketDelta::FromMilliseconds(1);
constexpr PacketDelta kLongestWatch = PacketDelta::FromSeconds(1'000'000'000);
constexpr uint64_t kMostPackets = 1'000'000'000'000'000;

// The only clock that packet time of a silent link follows: nobody sets it.
PacketDelta Elapsed() {
  return PacketDelta::FromNanoseconds(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
          .count());
}

struct WatchOptions {
  RunOptions run;
  std::string interface;
  PacketDelta duration;  // zero: no limit
  uint64_t count = 0;    // 0: no limit
};

// Moves packet time on while the link is silent, follows the loss counters and knows when to stop.
class WatchPolicy : public RunPolicy {
 public:
  WatchPolicy(const WatchOptions& options, Outputs& outputs, Clock::time_point start)
      : options_(options),
        outputs_(outputs),
        start_(start),
        next_look_(start),
        next_flush_(start) {}

  absl::StatusOr<Next> AfterBatch(capture::SegmentSource& source, Detector& detector,
                                  bool silent) override {
    if (options_.count > 0 && source.counters().packets >= options_.count) return Next::kStop;
    const Clock::time_point now = Clock::now();
    if (options_.duration > PacketDelta::Zero() && now - start_ >= ToChrono(options_.duration)) {
      return Next::kStop;
    }
    if (now < next_look_) return Next::kGoOn;
    next_look_ = now + kLookInterval;
    FollowLosses(source.counters(), detector, now);
    if (now >= next_flush_) {
      next_flush_ = now + kFlushInterval;
      if (absl::Status flushed = outputs_.writers().Flush(); !flushed.ok()) return flushed;
    }
    // While packets come, they carry the time.
    if (!silent) return Next::kGoOn;
    const PacketTime settled = source.SettledTime();
    if (!settled.IsSet()) return Next::kGoOn;
    const absl::Status advanced = detector.AdvanceTo(settled);
    if (!advanced.ok()) return advanced;
    return Next::kGoOn;
  }

 private:
  static constexpr std::chrono::milliseconds kLookInterval{100};
  static constexpr std::chrono::seconds kComplaintInterval{60};
  static constexpr std::chrono::seconds kFlushInterval{1};  // of session records
  void FollowLosses(const CaptureCounters& counters, Detector& detector, Clock::time_point now) {
    const uint64_t lost = counters.kernel_dropped + counters.interface_dropped;
    detector.SetPacketsLost(lost);
    if (lost <= lost_told_ || now < next_complaint_ || options_.run.quiet) return;
    fmt::print(stderr,
               "cairn {}: {} packets lost so far; enlarge the capture ring or narrow the filter\n",
               kWatchCommand, lost);
    lost_told_ = lost;
    next_complaint_ = now + kComplaintInterval;
  }

  const WatchOptions& options_;
  Outputs& outputs_;
  Clock::time_point start_;
  Clock::time_point next_look_;
  Clock::time_point next_flush_;
  Clock::time_point next_complaint_;
  uint64_t lost_told_ = 0;
};

int Watch(WatchOptions options) {
  const files::OutputGuard guard = GuardOf(options.run, {});
  absl::Status usage = CheckRunOptions(options.run);
  if (usage.ok()) usage = Outputs::Check(options.run, output::ExistingFile::kAppend, guard);
  if (!usage.ok()) {
    PrintError(kWatchCommand, usage);
    return ExitCodeOfOutputs(usage);
  }
  const absl::StatusOr<config::Settings> settings = LoadRunSettings(options.run);
  if (!settings.ok()) {
    PrintError(kWatchCommand, settings.status());
    return kUsage;
  }
  const absl::StatusOr<std::unique_ptr<ReadyDetector>> detector =
      ReadyDetector::Make(settings->detector);
  if (!detector.ok()) {
    PrintError(kWatchCommand, detector.status());
    return kUsage;
  }
  options.run.traceback =
      (options.run.traceback || settings->traceback.enabled) && !options.run.no_traceback;
  options.run.trace = settings->traceback.trace && !options.run.no_traceback;
  CatchStopSignals();
  const absl::StatusOr<std::unique_ptr<capture::SegmentSource>> source =
      capture::OpenLive(options.interface, settings->capture, &Elapsed);
  if (!source.ok()) {
    PrintError(kWatchCommand, source.status());
    return kFailed;
  }
  const absl::StatusOr<std::unique_ptr<Outputs>> outputs =
      Outputs::Open(options.run, settings->session_files, output::ExistingFile::kAppend, guard);
  if (!outputs.ok()) {
    PrintError(kWatchCommand, outputs.status());
    return ExitCodeOfOutputs(outputs.status());
  }
  TellConfigFile(kWatchCommand, options.run);
  if (!options.run.quiet)
    fmt::print(stderr, "cairn {}: watching {}; ^C ends\n", kWatchCommand, options.interface);
  const absl::StatusOr<std::unique_ptr<tracing::Tracer>> tracer = TracerFor(options.run, *settings);
  if (!tracer.ok()) {
    PrintError(kWatchCommand, tracer.status());
    return kFailed;
  }
  TellWhoIsAsked(kWatchCommand, options.run, *settings);
  const Clock::time_point start = Clock::now();
  WatchPolicy policy(options, **outputs, start);
  const RunEnd end = RunToEnd({.command = kWatchCommand,
                               .options = options.run,
                               .settings = *settings,
                               .detector = **detector,
                               .source = **source,
                               .outputs = **outputs,
                               .policy = policy,
                               .start = start,
                               .tracer = tracer->get()});
  // A signal is the usual way to end a watch.
  return end.failed() ? kFailed : kDone;
}

}  // namespace

void AddWatch(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(kWatchCommand, "Find stepping stones on a live link");
  const auto options = std::make_shared<WatchOptions>();
  command
      ->add_option("-i,--interface", options->interface, "The interface that sees the border link")
      ->type_name("NAME")
      ->required();
  AddRunOptions(*command, options->run);
  AddDuration(*command, "-d,--duration", "Stop after this time, as in 90s, 1m or 2h",
              kShortestWatch, kLongestWatch,
              [options](PacketDelta length) { options->duration = length; });
  command->add_option("-n,--count", options->count, "Stop once this many packets have been read")
      ->type_name("PACKETS")
      ->check(CLI::Range(uint64_t{1}, kMostPackets).description(""));
  command->footer(
      "\nAlerts and records are added to the files of --alerts and --sessions. ^C and SIGTERM end "
      "the watch with exit status "
      "0.\n"
      "Exit status: 0 done, 1 failed at run time, 2 wrong usage or configuration.");
  command->callback([options, &exit_code] { exit_code = Watch(*options); });
}

}  // namespace cairn::commands
