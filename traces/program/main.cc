// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/duration_option.h"
#include "commands/program/program.h"
#include "traces/program/commands.h"
#include "traces/writing/output_file.h"

namespace cairn::traces::program {

namespace {

void AddAllCommands(CLI::App& app, int& exit_code) {
  AddGenerate(app, exit_code);
  AddCut(app, exit_code);
  AddForge(app, exit_code);
  AddTruth(app, exit_code);
}

}  // namespace

int Complain(const char* command, const absl::Status& status) {
  const std::string message(status.message().data(), status.message().size());
  fmt::print(stderr, "cairn-traces {}: {}\n", command, message);
  return absl::IsInvalidArgument(status) ? commands::kUsage : commands::kFailed;
}

std::string TruthPathOf(const std::string& trace) {
  std::string stem = trace;
  const auto drop = [&stem](std::string_view ending) {
    const bool had = std::string_view(stem).ends_with(ending);
    if (had) stem.resize(stem.size() - ending.size());
    return had;
  };
  const bool packed = drop(".gz");
  drop(".pcap");
  return stem + (packed ? ".truth.json.gz" : ".truth.json");
}

void AddForce(CLI::App& app, bool& force) {
  app.add_flag("--force", force, "Replace output files that hold something (never inputs)");
}

files::OutputGuard GuardOf(bool force, const std::vector<std::string>& inputs) {
  using Foreign = files::OutputGuard::Foreign;
  files::OutputGuard guard(force ? Foreign::kReplace : Foreign::kRefuse);
  for (const std::string& input : inputs) guard.AddInput("a file", input);
  return guard;
}

absl::Status CheckOutputs(const files::OutputGuard& guard, const std::string& option,
                          const std::string& capture, const std::string& truth) {
  std::vector<files::Output> outputs;
  if (capture != "-") outputs.push_back(CaptureOutput(option, capture));
  if (!truth.empty()) outputs.push_back(TruthOutput("--truth", truth));
  return guard.Check(outputs);
}

void AddSeconds(CLI::App& app, const std::string& names, double& seconds, const std::string& help) {
  commands::AddDuration(app, names, help, PacketDelta::Zero(),
                        PacketDelta::FromSeconds(1'000'000'000), [&seconds](PacketDelta length) {
                          seconds = static_cast<double>(length.ToNanoseconds()) / 1e9;
                        });
}

}  // namespace cairn::traces::program

int main(int argc, char** argv) {
  return cairn::commands::RunProgram(
      {.name = "cairn-traces",
       .version = CAIRN_VERSION,
       .description = "Makes captures with known truth for cairn-lab score.",
       .footer = "",
       .add_commands = cairn::traces::program::AddAllCommands},
      argc, argv);
}
