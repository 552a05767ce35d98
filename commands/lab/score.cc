// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/lab/lab_commands.h"
#include "commands/lab/lab_options.h"
#include "commands/lab/scoring.h"
#include "commands/program/duration_option.h"
#include "commands/program/program.h"
#include "commands/settings/settings_options.h"

namespace cairn::lab {
namespace {

constexpr char kScoreCommand[] = "score";
constexpr size_t kMaxSettings = 10000;

struct ScoreArguments {
  std::vector<std::string> traces;
  std::vector<std::string> truths;
  commands::SettingsOptions settings;
  std::vector<std::string> sweeps;
  PacketDelta min_work;
  ReportOptions report;
  bool verbose = false;
};

// A capture with its truth, ready to be run under many settings.
struct Subject {
  std::string trace;
  std::string truth_file;
  traces::Truth truth;
  std::optional<ReplayableCapture> capture;
};

struct Plan {
  config::Settings settings;
  std::vector<SweepAxis> axes;
  std::vector<Subject> subjects;
  PacketDelta min_work;
};

absl::StatusOr<config::Settings> WithValues(const Plan& plan,
                                            const std::vector<std::string>& values) {
  config::Settings settings = plan.settings;
  for (size_t i = 0; i < values.size(); ++i) {
    absl::Status status = config::Apply(settings, plan.axes[i].key + "=" + values[i]);
    if (!status.ok()) return status;
  }
  if (absl::Status sound = config::Check(settings); !sound.ok()) return sound;
  return settings;
}

// Everything that can be wrong with the command line, before any capture is read.
absl::Status MakePlan(const ScoreArguments& arguments, Plan& plan) {
  absl::StatusOr<config::Settings> settings = LoadSettings(arguments.settings);
  if (!settings.ok()) return settings.status();
  plan.settings = *std::move(settings);
  plan.min_work = arguments.min_work;
  size_t count = 1;
  for (const std::string& text : arguments.sweeps) {
    absl::StatusOr<SweepAxis> axis = ParseSweepAxis(text);
    if (!axis.ok()) return axis.status();
    if (axis->key.starts_with("capture")) {
      return absl::InvalidArgumentError(
          fmt::format("--sweep {}: only the detector's settings can be swept", axis->key));
    }
    count *= axis->values.size();
    plan.axes.push_back(*std::move(axis));
    if (count > kMaxSettings) {
      return absl::InvalidArgumentError(
          fmt::format("--sweep: more than {} settings", kMaxSettings));
    }
  }
  for (const std::vector<std::string>& values : Combinations(plan.axes)) {
    if (absl::Status status = WithValues(plan, values).status(); !status.ok()) return status;
  }
  if (!arguments.truths.empty() && arguments.truths.size() != arguments.traces.size()) {
    return absl::InvalidArgumentError(
        fmt::format("{} captures but {} --truth: name one for each, in the same order",
                    arguments.traces.size(), arguments.truths.size()));
  }
  return absl::OkStatus();
}

absl::Status LoadSubjects(const ScoreArguments& arguments, Plan& plan) {
  for (size_t i = 0; i < arguments.traces.size(); ++i) {
    Subject subject{
        .trace = arguments.traces[i], .truth_file = {}, .truth = {}, .capture = std::nullopt};
    absl::StatusOr<std::string> path = arguments.truths.empty()
                                           ? FindTruthFile(subject.trace)
                                           : absl::StatusOr<std::string>(arguments.truths[i]);
    if (!path.ok()) return path.status();
    absl::StatusOr<traces::Truth> truth = traces::ReadTruthFile(*path);
    if (!truth.ok()) return truth.status();
    subject.truth_file = *std::move(path);
    subject.truth = *std::move(truth);
    plan.subjects.push_back(std::move(subject));
  }
  return absl::OkStatus();
}

absl::StatusOr<traces::Score> ScoreOne(const Subject& subject, const traces::Scorer& scorer,
                                       DetectorOptions options) {
  if (options.protected_networks.empty())
    options.protected_networks = subject.truth.inside_networks;
  absl::StatusOr<std::vector<traces::AlertedPair>> pairs = Detect(*subject.capture, options);
  if (!pairs.ok()) return pairs.status();
  return scorer.Rate(*pairs);
}

// Runs every setting over one capture; several threads take the next setting each.  points[i] grows
// by what setting i led to, so that the result does not depend on the threads.
absl::Status RunSettings(const Subject& subject, const std::vector<config::Settings>& settings,
                         PacketDelta min_work, int threads,
                         std::vector<traces::SweepPoint>& points) {
  const traces::Scorer scorer(subject.truth, min_work);
  std::vector<absl::Status> outcomes(settings.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < settings.size(); i = next++) {
      const absl::StatusOr<traces::Score> score = ScoreOne(subject, scorer, settings[i].detector);
      outcomes[i] = score.status();
      if (!score.ok()) continue;
      points[i].true_positives += score->true_positives;
      points[i].false_negatives += score->false_negatives;
      points[i].false_positives += score->false_positives();
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  for (const absl::Status& outcome : outcomes) {
    if (!outcome.ok()) return outcome;
  }
  return absl::OkStatus();
}

// A pair that no connection can be found for counts as missed: nobody should tune by it unawares.
absl::Status WarnOfUnmatched(const Subject& subject) {
  constexpr size_t kMostTold = 5;
  const absl::StatusOr<std::vector<std::string>> unmatched =
      UnmatchedConnections(*subject.capture, subject.truth);
  if (!unmatched.ok()) return unmatched.status();
  for (size_t i = 0; i < std::min(unmatched->size(), kMostTold); ++i) {
    fmt::print(stderr, "cairn-lab score: warning: {}: {} is no connection of {}\n",
               subject.truth_file, (*unmatched)[i], subject.trace);
  }
  if (unmatched->empty()) return absl::OkStatus();
  if (unmatched->size() > kMostTold) {
    fmt::print(stderr, "cairn-lab score: warning: {}: and {} more\n", subject.truth_file,
               unmatched->size() - kMostTold);
  }
  fmt::print(stderr,
             "cairn-lab score: such pairs can never be found; take addresses and ports from the "
             "capture ('cairn-traces truth' lists them)\n");
  return absl::OkStatus();
}

absl::Status LoadCapture(const Plan& plan, int threads, Subject& subject) {
  absl::StatusOr<ReplayableCapture> capture =
      ReplayableCapture::Load(subject.trace, plan.settings.capture, threads);
  if (!capture.ok()) return capture.status();
  subject.capture = *std::move(capture);
  return WarnOfUnmatched(subject);
}

absl::StatusOr<std::string> RunSweep(Plan& plan, int threads, traces::ReportFormat format) {
  traces::Sweep sweep;
  for (const SweepAxis& axis : plan.axes) sweep.keys.push_back(axis.key);
  std::vector<config::Settings> settings;
  for (std::vector<std::string>& values : Combinations(plan.axes)) {
    absl::StatusOr<config::Settings> one = WithValues(plan, values);
    if (!one.ok()) return one.status();
    settings.push_back(*std::move(one));
    sweep.points.emplace_back().values = std::move(values);
  }
  for (Subject& subject : plan.subjects) {
    absl::Status status = LoadCapture(plan, threads, subject);
    if (status.ok()) status = RunSettings(subject, settings, plan.min_work, threads, sweep.points);
    if (!status.ok()) return status;
    subject.capture.reset();  // one capture in memory at a time
  }
  return traces::FormatSweep(sweep, format);
}

absl::StatusOr<std::string> RunOnce(Plan& plan, const ScoreArguments& arguments,
                                    traces::ReportFormat format) {
  std::vector<traces::CaptureScore> scores;
  for (Subject& subject : plan.subjects) {
    if (absl::Status status = LoadCapture(plan, arguments.report.threads, subject); !status.ok())
      return status;
    const traces::Scorer scorer(subject.truth, plan.min_work);
    absl::StatusOr<traces::Score> score = ScoreOne(subject, scorer, plan.settings.detector);
    if (!score.ok()) return score.status();
    scores.push_back({.name = subject.truth.name,
                      .seed = subject.truth.seed,
                      .connections = subject.truth.connections.size(),
                      .score = *std::move(score)});
    subject.capture.reset();
  }
  return traces::FormatScores(
      scores, format,
      arguments.verbose ? traces::ReportDetail::kEveryPair : traces::ReportDetail::kSummary);
}

traces::ReportFormat ReportFormatOf(const std::string& name) {
  if (name == "json") return traces::ReportFormat::kJson;
  if (name == "csv") return traces::ReportFormat::kCsv;
  return traces::ReportFormat::kTable;
}

int ScoreCaptures(const ScoreArguments& arguments) {
  Plan plan;
  if (const absl::Status status = MakePlan(arguments, plan); !status.ok())
    return Fail(kScoreCommand, commands::kUsage, status);
  if (const absl::Status status = LoadSubjects(arguments, plan); !status.ok())
    return Fail(kScoreCommand, commands::kFailed, status);
  if (!arguments.report.quiet) {
    Tell(kScoreCommand, ConfigFileNote(arguments.settings));
    Tell(kScoreCommand, commands::FilterNote("cairn-lab score", plan.settings));
  }
  const traces::ReportFormat format = ReportFormatOf(arguments.report.format);
  const absl::StatusOr<std::string> report = plan.axes.empty()
                                                 ? RunOnce(plan, arguments, format)
                                                 : RunSweep(plan, arguments.report.threads, format);
  if (!report.ok()) return Fail(kScoreCommand, commands::kFailed, report.status());
  return PrintReport(kScoreCommand, arguments.report, *report);
}

}  // namespace

void AddScore(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<ScoreArguments>();
  CLI::App* command =
      app.add_subcommand(kScoreCommand, "Score the detector on captures with known truth");
  command->add_option("TRACE", arguments->traces, "Capture files")->required()->type_name("");
  command
      ->add_option("--truth", arguments->truths,
                   "Truth of each TRACE, in the same order (repeatable); default: "
                   "TRACE.truth.json[.gz] beside it")
      ->type_name("FILE")
      ->allow_extra_args(false);
  AddSettingsOptions(*command, arguments->settings);
  command->get_option("--protect")
      ->description(
          "Networks of the site (repeatable, or a,b); default: the configured ones, else the "
          "truth's");
  command
      ->add_option("--sweep", arguments->sweeps,
                   "Try every value (repeatable); two keys give a grid of FP/FN")
      ->type_name("KEY=VALUE,...")
      ->allow_extra_args(false);
  commands::AddDuration(*command, "--min-work",
                        "Require only pairs whose person worked this long, as in 90s or 5min",
                        PacketDelta::Zero(), PacketDelta::FromSeconds(1'000'000'000),
                        [arguments](PacketDelta length) { arguments->min_work = length; });
  AddReportOptions(*command, arguments->report, {"table", "json", "csv"});
  command->add_flag("-v,--verbose", arguments->verbose,
                    "List every required pair and every false alarm");
  command->callback([arguments, &exit_code] { exit_code = ScoreCaptures(*arguments); });
}

}  // namespace cairn::lab
