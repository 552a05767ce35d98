// SPDX-License-Identifier: BSD-3-Clause
#include "commands/run.h"

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "fmt/format.h"

#include "commands/clock_steps.h"
#include "commands/program/program.h"
#include "commands/signals.h"
#include "commands/traceback_sink.h"
#include "output/summary.h"

namespace cairn::commands {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

output::BorderReport BorderOf(const Run& run, const Detector& detector) {
  if (run.stored != nullptr) {
    output::BorderReport border = run.stored->totals().border;
    border.has_networks = !run.settings.detector.protected_networks.empty();
    return border;
  }
  return output::ReportOf(detector.border(), !run.settings.detector.protected_networks.empty());
}

DetectorCounters CountersOf(const Run& run, const Detector& detector) {
  DetectorCounters counters = detector.counters();
  if (run.stored != nullptr) AddSensor(run.stored->totals(), counters);
  return counters;
}

PacketTime NewestOf(const Run& run, const Detector& detector) {
  return run.stored != nullptr ? run.stored->now() : detector.now();
}

// What the last Read() of the source found.
absl::Status HandOver(const Run& run, Detector& detector, const SegmentBatch& batch,
                      ClockSteps& steps) {
  if (run.stored == nullptr) return steps.Process(batch.segments());
  absl::Status status = run.stored->HandOver(detector);
  return status.ok() ? steps.Finish() : status;
}

absl::Status FinishDetector(const Run& run, Detector& detector) {
  return run.stored != nullptr ? detector.FinishStream(run.stored->now()) : detector.Finish();
}

// Wrong networks, or a tap of one direction, mean that nothing is found, which looks like good
// news.
void WarnOfBorder(const Run& run, const Detector& detector) {
  if (run.options.quiet) return;
  for (const std::string& advice : output::BorderAdvice(BorderOf(run, detector))) {
    fmt::print(stderr, "cairn {}: warning: {}\n", run.command, advice);
  }
}

// A watch goes on for weeks: it is told once after a while, and not only at the end.
class EarlyBorderWarning {
 public:
  explicit EarlyBorderWarning(const Run& run) : run_(run), due_(run.command == "watch") {}

  void AfterBatch(const Detector& detector) {
    constexpr uint64_t kSomeConnections = 1000;
    if (!due_ || detector.border().counters().connections() < kSomeConnections) return;
    due_ = false;
    if (run_.outputs.progress() != nullptr) run_.outputs.progress()->Clear();
    WarnOfBorder(run_, detector);
  }

 private:
  const Run& run_;
  bool due_;
};

void Drain(const Run& run, Detector& detector, TracebackSink& sink, ClockSteps& steps,
           RunEnd& end) {
  const auto batch = std::make_unique<SegmentBatch>();
  EarlyBorderWarning early(run);
  while (StopSignal() == 0) {
    batch->Clear();
    const absl::StatusOr<capture::SourceState> state = run.source.Read(*batch);
    end.output = HandOver(run, detector, *batch, steps);
    if (end.output.ok()) end.output = sink.WriteAnswers();
    if (!end.output.ok()) return;
    early.AfterBatch(detector);
    if (!state.ok()) {
      // The signal itself makes a blocked read fail; that is no fault of the capture.
      if (StopSignal() == 0) end.input = state.status();
      return;
    }
    if (*state == capture::SourceState::kEnd) return;
    const absl::StatusOr<RunPolicy::Next> next =
        run.policy.AfterBatch(run.source, detector, *state == capture::SourceState::kIdle);
    if (!next.ok()) {
      end.output = next.status();
      return;
    }
    if (*next == RunPolicy::Next::kStop) return;
  }
}

std::string_view EndName(const RunEnd& end) {
  if (end.failed()) return "failed";
  return end.interrupted ? "interrupted" : "complete";
}

void PrintSummary(const Run& run, const Detector& detector, const TracebackSink& sink,
                  const RunEnd& end) {
  if (run.options.quiet || run.options.summary == "none") return;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - run.start;
  const output::RunSummary summary{
      .command = run.command,
      .end = EndName(end),
      .capture = run.source.counters(),
      .detector = CountersOf(run, detector),
      .border = BorderOf(run, detector),
      .rules = detector.policy_uses(),
      .newest = NewestOf(run, detector),
      .traceback = sink.counters(),
      .tracing = sink.tracing_counters(),
      .wall_seconds = wall.count(),
      .cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime),
      .peak_memory_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024};
  fmt::print(
      stderr, "{}",
      run.options.summary == "json" ? output::SummaryJson(summary) : output::SummaryText(summary));
}

// An output that the run went on without.
void ExplainLoss(const Run& run, const output::WriterList::Fault& fault) {
  if (absl::IsCancelled(fault.status)) return;
  PrintError(run.command, fault.status);
  if (fault.lost > 0) {
    fmt::print(stderr,
               "cairn {}: {} session record{} lost; those before are complete in the file\n",
               run.command, fault.lost, fault.lost == 1 ? " was" : "s were");
  } else {
    fmt::print(stderr, "cairn {}: all session records are in the file\n", run.command);
  }
}

void ExplainFaults(const Run& run, const RunEnd& end) {
  if (!end.input.ok()) {
    PrintError(run.command, end.input);
    fmt::print(stderr, "cairn {}: what was found before the fault has been written\n", run.command);
  }
  // A reader that has seen enough (| head) is no news to the user.
  if (!end.output.ok() && !absl::IsCancelled(end.output)) PrintError(run.command, end.output);
  if (!end.stream.ok() && !absl::IsCancelled(end.stream)) PrintError(run.command, end.stream);
  for (const output::WriterList::Fault& fault : end.faults) {
    if (fault.ends == output::WriterList::Ends::kOutput) ExplainLoss(run, fault);
  }
}

// A wrong interface, or a filter that takes nothing, looks like a quiet site.
void WarnOfSilence(const Run& run) {
  const CaptureCounters& capture = run.source.counters();
  if (run.options.quiet || capture.segments > 0) return;
  if (capture.packets > 0) {
    fmt::print(stderr,
               "cairn {}: warning: none of {} packets holds TCP that Cairn can read; the summary "
               "counts them by reason\n",
               run.command, capture.packets);
  } else if (run.command == "watch") {
    fmt::print(stderr,
               "cairn {}: warning: no packet was seen; is this the interface that sees the border "
               "link, and does capture.filter let its packets through?\n",
               run.command);
  } else {
    fmt::print(stderr, "cairn {}: warning: there is no packet in the input\n", run.command);
  }
}

// A few cut packets are in every live capture; more mean a snap length that hides what we look for.
void WarnOfCutHeaders(const Run& run) {
  const CaptureCounters& capture = run.source.counters();
  const auto dropped = [&](DropReason reason) {
    return capture.dropped[static_cast<size_t>(reason)];
  };
  const uint64_t cut = dropped(DropReason::kTruncatedLink) +
                       dropped(DropReason::kTruncatedNetwork) +
                       dropped(DropReason::kTruncatedTransport);
  if (run.options.quiet || cut <= capture.packets / 100) return;
  fmt::print(stderr,
             "cairn {}: warning: {} of {} packets are cut within their headers and cannot be used; "
             "capture at least 96 bytes of each (tcpdump -s 96)\n",
             run.command, cut, capture.packets);
}

void WarnOfWildStamps(const Run& run) {
  const CaptureCounters capture = run.source.counters();
  if (run.options.quiet || capture.wild_stamps == 0) return;
  fmt::print(
      stderr,
      "cairn {}: warning: {} of {} packets had damaged time stamps, which the packets around "
      "them contradict; they got the time of these\n",
      run.command, capture.wild_stamps, capture.packets);
}

bool KeepsState(const Run& run) { return run.state != nullptr && run.state->is_named(); }

// The ends of open pairs are told by the run that goes on from the state; where none can, by this
// one.
absl::Status End(const Run& run, Detector& detector, const RunEnd& end, std::string& state) {
  if (!KeepsState(run) || !end.input.ok()) return FinishDetector(run, detector);
  absl::StatusOr<std::string> suspended = detector.Suspend();
  if (!suspended.ok()) return suspended.status();
  state = *std::move(suspended);
  return absl::OkStatus();
}

// Once all outputs are complete: who reads them and the state finds no alert twice or not at all.
void WriteState(const Run& run, const std::string& state, RunEnd& end) {
  if (!KeepsState(run)) return;
  const bool failed = end.failed();
  if (!failed) end.state = run.state->Replace(state);
  if (failed) {
    fmt::print(stderr, "cairn {}: the state file is as it was before this run, which failed\n",
               run.command);
  } else if (!end.state.ok()) {
    PrintError(run.command, end.state);
  }
}

}  // namespace

RunEnd RunToEnd(const Run& run) {
  RunEnd end;
  TracebackSink sink(run.outputs, run.settings.traceback, run.settings.detector.protected_networks,
                     {.command = run.command,
                      .quiet = run.options.quiet,
                      .tokens = run.options.traceback,
                      .tracer = run.tracer});
  run.detector.WriteTo(sink);
  Detector& detector = run.detector.detector();
  ClockSteps steps(run.command, run.options.quiet, run.source, detector, run.outputs,
                   run.stream_file);
  if (run.stream_file != nullptr) run.stream_file->Follow(detector);
  Drain(run, detector, sink, steps, end);
  detector.Drain();
  end.interrupted = StopSignal() != 0;
  if (end.output.ok()) end.output = steps.Finish();
  std::string state;
  if (end.output.ok()) end.output = End(run, detector, end, state);
  if (run.stream_file != nullptr) {
    if (end.output.ok()) {
      run.stream_file->Finish(detector.now(), {.capture = run.source.counters(),
                                               .sensor = detector.counters(),
                                               .border = BorderOf(run, detector)});
    }
    end.stream = run.stream_file->status();
  }
  if (end.output.ok()) end.output = sink.Finish();
  end.interrupted = StopSignal() != 0;
  if (run.outputs.progress() != nullptr) run.outputs.progress()->Clear();
  output::WriterList& writers = run.outputs.writers();
  if (end.output.ok()) end.output = writers.Conclude();
  end.output.Update(writers.Close());
  end.faults = writers.faults();
  WriteState(run, state, end);
  if (run.outputs.progress() != nullptr) run.outputs.progress()->Clear();
  ExplainFaults(run, end);
  if (end.input.ok()) WarnOfSilence(run);
  WarnOfCutHeaders(run);
  WarnOfWildStamps(run);
  WarnOfBorder(run, detector);
  PrintSummary(run, detector, sink, end);
  return end;
}

void PrintError(std::string_view command, const absl::Status& status) {
  fmt::print(stderr, "cairn {}: {}\n", command, std::string(status.message()));
}

int Fail(std::string_view command, int exit_code, const absl::Status& status) {
  PrintError(command, status);
  return exit_code;
}

int Fail(std::string_view command, const absl::Status& status) {
  return Fail(command, absl::IsInvalidArgument(status) ? kUsage : kFailed, status);
}

}  // namespace cairn::commands
