// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "capture/open.h"
#include "commands/commands.h"
#include "commands/input_files.h"
#include "commands/outputs.h"
#include "commands/ready_detector.h"
#include "commands/run.h"
#include "commands/run_options.h"
#include "commands/signals.h"
#include "commands/state_file.h"
#include "commands/stream_file.h"
#include "commands/stream_source.h"
#include "commands/traceback_sink.h"
#include "output/terminal.h"

namespace cairn::commands {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kReplayCommand[] = "replay";
constexpr int kMostThreads = 64;

struct ReplayOptions {
  RunOptions run;
  std::vector<std::string> files;
  int threads = 1;
  std::string state;
};

class ReplayPolicy : public RunPolicy {
 public:
  ReplayPolicy(output::ProgressLine* progress, Clock::time_point start)
      : progress_(progress), start_(start) {}

  absl::StatusOr<Next> AfterBatch(capture::SegmentSource& source, Detector& detector,
                                  bool) override {
    if (progress_ == nullptr) return Next::kGoOn;
    const Clock::duration elapsed = Clock::now() - start_;
    if (progress_->Due(elapsed)) {
      detector.Drain();  // it may be writing, where the progress is shown
      const capture::Progress point = source.progress();
      progress_->Update({.done_bytes = point.done_bytes,
                         .total_bytes = point.total_bytes,
                         .packets = source.counters().packets,
                         .elapsed = elapsed});
    }
    return Next::kGoOn;
  }

 private:
  output::ProgressLine* progress_;
  Clock::time_point start_;
};

absl::Status CheckUsage(const ReplayOptions& options, const files::OutputGuard& guard) {
  if (absl::Status usage = CheckRunOptions(options.run); !usage.ok()) return usage;
  for (const std::string& other : {options.run.alerts, options.run.relays, options.run.sessions}) {
    if (options.state.empty() || other != options.state) continue;
    return absl::InvalidArgumentError(
        fmt::format("'--state {}': another output goes there; name another file", other));
  }
  if (!options.state.empty() && !options.run.write_stream.empty()) {
    return absl::InvalidArgumentError(fmt::format(
        "'--state' and '{}': a stored stream begins anew; leave one out", StreamFile::kOption));
  }
  if (options.state == "-") {
    return absl::InvalidArgumentError("'--state -': a state needs a file; name one");
  }
  absl::Status outputs = Outputs::Check(options.run, output::ExistingFile::kReplace, guard);
  if (!outputs.ok()) return outputs;
  return CheckStandardInput(options.files,
                            "name a capture file, or pipe one in: tcpdump -w - | cairn replay");
}

// What threads do: the first reads and follows connections, the second compares them, the others
// read and decode ahead.  Questions to hosts are asked by the thread that writes, so there is one.
struct SharedWork {
  Detector::Threads detector = Detector::Threads::kOne;
  int reading = 1;
};
SharedWork Share(const ReplayOptions& options) {
  if (options.threads == 1 || options.run.traceback) return {.reading = options.threads};
  return {.detector = Detector::Threads::kTwo, .reading = options.threads - 1};
}

// Where the run reads: captures, or a stored stream.
struct Input {
  std::unique_ptr<capture::SegmentSource> source;
  StreamSource* stored = nullptr;  // the same, if it is one
};

absl::StatusOr<Input> OpenStored(std::unique_ptr<capture::ByteStream> bytes,
                                 const ReplayOptions& options, const config::Settings& settings) {
  if (options.files.size() > 1) return AloneError(options.files[0]);
  if (!options.run.write_stream.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("'{}': {} is a stored stream already; copy the file", StreamFile::kOption,
                    options.files[0]));
  }
  if (!options.state.empty()) {
    return absl::FailedPreconditionError(fmt::format(
        "'--state': {} is a stored stream, which begins anew; a state goes with captures",
        options.files[0]));
  }
  absl::StatusOr<std::unique_ptr<StreamSource>> stored =
      StreamSource::Open(std::move(bytes), settings.detector);
  if (!stored.ok()) return stored.status();
  Input input;
  input.stored = stored->get();
  input.source = *std::move(stored);
  return input;
}

absl::StatusOr<Input> OpenInput(const ReplayOptions& options, const config::Settings& settings,
                                int threads) {
  absl::StatusOr<std::unique_ptr<capture::ByteStream>> first =
      capture::ByteStream::Open(options.files[0]);
  if (!first.ok()) return first.status();
  const absl::StatusOr<bool> is_stored = StreamSource::IsStored(**first);
  if (!is_stored.ok()) return is_stored.status();
  if (*is_stored) return OpenStored(*std::move(first), options, settings);
  absl::StatusOr<std::unique_ptr<capture::SegmentSource>> source = capture::OpenFiles(
      options.files, settings.capture, capture::Reader::kFastest, threads, *std::move(first));
  if (!source.ok()) return FaultOfMixture(options.files, source.status());
  return Input{.source = *std::move(source)};
}

absl::StatusOr<std::unique_ptr<StreamFile>> OpenStreamFile(const ReplayOptions& options,
                                                           const config::Settings& settings,
                                                           const files::OutputGuard& guard) {
  if (options.run.write_stream.empty()) return nullptr;
  return StreamFile::Open(options.run.write_stream, settings.detector, guard);
}

int Replay(ReplayOptions options) {
  const Clock::time_point start = Clock::now();
  if (options.files.empty()) options.files.emplace_back(kStandardInput);
  files::OutputGuard guard = GuardOf(options.run, options.files);
  if (!options.state.empty()) guard.AddInput("the state", options.state);
  if (const absl::Status usage = CheckUsage(options, guard); !usage.ok()) {
    PrintError(kReplayCommand, usage);
    return ExitCodeOfOutputs(usage);
  }
  const absl::StatusOr<config::Settings> settings = LoadRunSettings(options.run);
  if (!settings.ok()) {
    PrintError(kReplayCommand, settings.status());
    return kUsage;
  }
  const absl::StatusOr<StateFile> state =
      StateFile::Open(kReplayCommand, options.state, options.run.quiet);
  if (!state.ok()) {
    PrintError(kReplayCommand, state.status());
    return kUsage;
  }
  options.run.trace = options.run.traceback && settings->traceback.trace;
  CatchStopSignals();
  const SharedWork shared = Share(options);
  const absl::StatusOr<Input> input = OpenInput(options, *settings, shared.reading);
  if (!input.ok()) {
    if (StopSignal() != 0) return StopExitCode();  // while a named pipe waited for its writer
    PrintError(kReplayCommand, input.status());
    return absl::IsFailedPrecondition(input.status()) ? kUsage : kFailed;
  }
  const absl::StatusOr<std::unique_ptr<ReadyDetector>> detector = ReadyDetector::Make(
      settings->detector, shared.detector,
      input->stored != nullptr ? ReadyDetector::Takes::kStream : ReadyDetector::Takes::kSegments,
      &*state);
  if (!detector.ok()) {
    PrintError(kReplayCommand, detector.status());
    return kUsage;
  }
  const absl::StatusOr<std::unique_ptr<Outputs>> outputs =
      Outputs::Open(options.run, settings->session_files, output::ExistingFile::kReplace, guard);
  if (!outputs.ok()) {
    PrintError(kReplayCommand, outputs.status());
    return ExitCodeOfOutputs(outputs.status());
  }
  const absl::StatusOr<std::unique_ptr<StreamFile>> stream_file =
      OpenStreamFile(options, *settings, guard);
  if (!stream_file.ok()) {
    PrintError(kReplayCommand, stream_file.status());
    return ExitCodeOfOutputs(stream_file.status());
  }
  TellConfigFile(kReplayCommand, options.run);
  WarnOfFilter(kReplayCommand, options.run, *settings);
  const absl::StatusOr<std::unique_ptr<tracing::Tracer>> tracer = TracerFor(options.run, *settings);
  if (!tracer.ok()) {
    PrintError(kReplayCommand, tracer.status());
    return kFailed;
  }
  TellWhoIsAsked(kReplayCommand, options.run, *settings);
  ReplayPolicy policy((*outputs)->progress(), start);
  const RunEnd end = RunToEnd({.command = kReplayCommand,
                               .options = options.run,
                               .settings = *settings,
                               .detector = **detector,
                               .source = *input->source,
                               .outputs = **outputs,
                               .policy = policy,
                               .start = start,
                               .tracer = tracer->get(),
                               .stored = input->stored,
                               .stream_file = stream_file->get(),
                               .state = &*state});
  if (end.failed()) return kFailed;
  return end.interrupted ? StopExitCode() : static_cast<int>(kDone);
}

}  // namespace

void AddReplay(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(kReplayCommand, "Find stepping stones in capture files");
  const auto options = std::make_shared<ReplayOptions>();
  command
      ->add_option("FILE", options->files,
                   "Captures, merged by time, or one stored stream; '-' or none: standard input")
      ->type_name("");
  AddRunOptions(*command, options->run);
  command
      ->add_option(StreamFile::kOption, options->run.write_stream,
                   "Also store what alerts are found in here, to find them again without the "
                   "captures (docs/stream.md)")
      ->type_name("FILE");
  command
      ->add_option("-t,--threads", options->threads,
                   "Threads that share the work; the result is the same; default: 1")
      ->type_name("N")
      ->check(CLI::Range(1, kMostThreads).description(""));
  command
      ->add_option("--state", options->state,
                   "Go on from the state in this file, if it exists, and leave it there at the end")
      ->type_name("FILE");
  command->footer(
      "\nExit status: 0 done, 1 failed at run time, 2 wrong usage or configuration, 128+N ended by "
      "signal N.\n"
      "^C ends the run with the results so far.");
  command->callback([options, &exit_code] { exit_code = Replay(*options); });
}

}  // namespace cairn::commands
