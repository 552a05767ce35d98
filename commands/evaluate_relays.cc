// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/result_files.h"
#include "commands/run.h"
#include "evaluation/relays/relay_documents.h"
#include "evaluation/relays/relay_experiments.h"

namespace cairn::commands {
namespace {

constexpr const char* kName = "evaluate-relays";

struct Arguments {
  uint32_t trials = 200;
  uint64_t seed = 1;
  std::string folder;
  int threads = 1;
};

int EvaluateRelays(const Arguments& arguments) {
  const std::clock_t started = std::clock();
  const auto fail = [](const absl::Status& status) {
    Complain(kName, status);
    return kFailed;
  };
  if (!arguments.folder.empty()) {  // before minutes of work
    if (absl::Status made = MakeFolder("--out", arguments.folder); !made.ok()) return fail(made);
  }
  const std::vector<evaluation::RelayPoint> points = evaluation::RunRelayExperiments(
      {.trials = arguments.trials, .seed = arguments.seed, .threads = arguments.threads},
      [](std::string_view figure) { fmt::print(stderr, "{}\n", figure); });
  const std::string text = evaluation::RelayTables(points);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return fail(absl::UnavailableError("standard output: cannot write the tables"));
  }
  if (!arguments.folder.empty()) {
    for (const evaluation::RelayDocument& document : evaluation::RelayDocuments(points)) {
      absl::Status written = WriteFile(arguments.folder, document.name, document.text);
      if (!written.ok()) return fail(written);
    }
  }
  fmt::print(stderr, "{:.2f} CPU seconds\n",
             static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC);
  return kDone;
}

}  // namespace

void AddEvaluateRelays(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      kName, "Redo the published experiments on the relay screen, on simulated servers");
  command->add_option("--trials", arguments->trials, "Servers simulated for each condition [200]")
      ->check(CLI::Range(uint32_t{1}, uint32_t{100'000}));
  command->add_option("--seed", arguments->seed, "Another seed, other servers [1]");
  command
      ->add_option("--out", arguments->folder, "Write points (CSV) and curves (SVG) to this folder")
      ->type_name("DIR");
  command->add_option("--threads", arguments->threads, "Threads; the result is the same")
      ->check(CLI::Range(1, 256));
  command->callback([arguments, &exit_code] { exit_code = EvaluateRelays(*arguments); });
}

}  // namespace cairn::commands
