// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/lab/lab_commands.h"
#include "commands/lab/lab_options.h"
#include "commands/lab/result_files.h"
#include "evaluation/relays/relay_documents.h"
#include "evaluation/relays/relay_experiments.h"

namespace cairn::lab {
namespace {

constexpr const char* kRelaysCommand = "relays";

struct RelaysArguments {
  uint32_t trials = 200;
  uint64_t seed = 1;
  std::string folder;
  bool force = false;
  ReportOptions report;
};

int ExperimentOnRelays(const RelaysArguments& arguments) {
  std::optional<ResultFolder> folder;
  if (!arguments.folder.empty()) {  // before minutes of work
    absl::StatusOr<ResultFolder> made = ResultFolder::Make({.option = "--out",
                                                            .folder = arguments.folder,
                                                            .force = arguments.force,
                                                            .name_begins = {"fig", "table"},
                                                            .csv_begin = "figure,server,method,"});
    if (!made.ok()) return Fail(kRelaysCommand, made.status());
    folder = *std::move(made);
  }
  const std::vector<evaluation::RelayPoint> points = evaluation::RunRelayExperiments(
      {.trials = arguments.trials, .seed = arguments.seed, .threads = arguments.report.threads},
      [](std::string_view figure) { fmt::print(stderr, "{}\n", figure); });
  const int printed =
      PrintReport(kRelaysCommand, arguments.report, evaluation::RelayTables(points));
  if (folder.has_value()) {
    for (const evaluation::RelayDocument& document : evaluation::RelayDocuments(points)) {
      absl::Status written = folder->Write(document.name, document.text);
      if (!written.ok()) return Fail(kRelaysCommand, written);
    }
  }
  return printed;
}

}  // namespace

void AddRelays(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<RelaysArguments>();
  CLI::App* command = app.add_subcommand(
      kRelaysCommand, "Repeat the published experiments on the relay screen, on simulated servers");
  command
      ->add_option("--trials", arguments->trials,
                   "Servers simulated for each condition; default: 200")
      ->type_name("N")
      ->check(CLI::Range(uint32_t{1}, uint32_t{100'000}).description(""));
  command
      ->add_option("--seed", arguments->seed,
                   "A different seed gives different servers; default: 1")
      ->type_name("N");
  command
      ->add_option("--out", arguments->folder, "Write points (CSV) and curves (SVG) to this folder")
      ->type_name("DIR");
  command->add_flag("--force", arguments->force,
                    "Replace files of that folder that hold something else");
  AddReportOptions(*command, arguments->report, {});
  command->callback([arguments, &exit_code] { exit_code = ExperimentOnRelays(*arguments); });
}

}  // namespace cairn::lab
