// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/cut.h"

#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "traces/program/commands.h"

namespace cairn::traces::program {
namespace {

constexpr char kCutCommand[] = "cut";

struct CutArguments {
  std::string in;
  std::string in_truth;
  std::string out;
  std::string name;
  CutOptions cut;
  std::vector<uint64_t> sessions;
  std::vector<std::string> scenarios;
  std::vector<std::string> variants;
  bool force = false;
};

absl::Status Cut(CutArguments& arguments) {
  arguments.cut.sessions = {arguments.sessions.begin(), arguments.sessions.end()};
  arguments.cut.scenarios = {arguments.scenarios.begin(), arguments.scenarios.end()};
  arguments.cut.variants = {arguments.variants.begin(), arguments.variants.end()};
  const files::OutputGuard guard = GuardOf(arguments.force, {arguments.in, arguments.in_truth});
  const std::string out_truth = TruthPathOf(arguments.out);
  if (absl::Status free = CheckOutputs(guard, "--out", arguments.out, out_truth); !free.ok()) {
    return free;
  }
  const absl::StatusOr<Truth> truth = ReadTruthFile(arguments.in_truth);
  if (!truth.ok()) return truth.status();
  absl::StatusOr<PcapWriter> writer = PcapWriter::Create(arguments.out, {}, guard);
  if (!writer.ok()) return writer.status();
  absl::StatusOr<Truth> kept = CutCapture(arguments.in, *truth, arguments.cut, *writer);
  if (!kept.ok()) return kept.status();
  if (!arguments.name.empty()) kept->name = arguments.name;
  if (absl::Status status = writer->Close(); !status.ok()) return status;
  fmt::print(stderr, "{} packets, {} connections, {} pairs\n", writer->packets(),
             kept->connections.size(), kept->pairs.size());
  return WriteTruthFile(*kept, out_truth, guard);
}

}  // namespace

void AddCut(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<CutArguments>();
  CLI::App* command =
      app.add_subcommand(kCutCommand, "Copy a part of an Ethernet capture without its payload");
  command->add_option("CAPTURE", arguments->in, "Capture to read, not compressed")->required();
  command->add_option("--truth", arguments->in_truth, "Its truth")->required();
  command
      ->add_option("-o,--out", arguments->out, "Capture to write; the truth is written beside it")
      ->required();
  command->add_option("--name", arguments->name, "The new truth's name");
  AddSeconds(*command, "--from", arguments->cut.from_s, "How long after the start, as in 90s");
  AddSeconds(*command, "--until", arguments->cut.until_s,
             "How long after the start; default: to the end");
  command->add_option("--session", arguments->sessions, "Keep these sessions");
  command->add_option("--scenario", arguments->scenarios, "Keep these scenarios");
  command->add_option("--variant", arguments->variants, "Keep these variants");
  AddForce(*command, arguments->force);
  command->callback([arguments, &exit_code] {
    const absl::Status status = Cut(*arguments);
    exit_code = status.ok() ? 0 : Complain(kCutCommand, status);
  });
}

}  // namespace cairn::traces::program
