// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/commands.h"
#include "commands/input_files.h"
#include "commands/relay_input.h"
#include "commands/run.h"
#include "commands/run_options.h"
#include "commands/signals.h"
#include "output/json_lines.h"
#include "output/line_writer.h"
#include "output/relay_report.h"
#include "output/relay_table.h"
#include "output/terminal.h"

namespace cairn::commands {
namespace {

using Hosts = std::span<const output::HostHistory* const>;

constexpr char kRelaysCommand[] = "relays";
constexpr size_t kTableHosts = 20;
constexpr size_t kChartHosts = 7;  // as many as have a stroke of their own
constexpr size_t kMostHosts = 1'000'000;

struct RelaysArguments {
  std::vector<std::string> files;
  RunOptions run;  // of these: the configuration file, --set, --protect and --format
  std::vector<std::string> hosts;
  size_t limit = 0;  // 0: as the format has it
  bool reported = false;
};

absl::Status KeepOnly(const std::vector<std::string>& hosts, output::ScoreHistory& history) {
  for (const std::string& text : hosts) {
    const absl::StatusOr<IpAddress> host = IpAddress::Parse(text);
    if (!host.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("--host {}", std::string(host.status().message())));
    }
    history.KeepOnly(*host);
  }
  return absl::OkStatus();
}

absl::Status CheckSettingsAreUsed(const RelayFiles& files, const RunOptions& run) {
  const bool given = !run.config.empty() || !run.protect.empty() || !run.set.empty();
  if (!given || files.kind != RelayFiles::Kind::kScores) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "--config, --protect and --set say how captures are replayed, and {} holds scores; "
      "leave them out, or name the captures",
      files.streams.front()->name()));
}

std::string FormatOf(const RelaysArguments& arguments) {
  if (!arguments.run.format.empty()) return arguments.run.format;
  return output::IsTerminal(STDOUT_FILENO) ? "table" : "json";
}

size_t LimitOf(const RelaysArguments& arguments, const std::string& format) {
  if (arguments.limit > 0) return arguments.limit;
  if (format == "table") return kTableHosts;
  return format == "svg" ? kChartHosts : kMostHosts;
}

// What the screen of a replay reports from, where that is a number of nats.
std::optional<double> NeededNats(RelayFiles::Kind kind, const config::Settings& settings) {
  const relays::Options& options = settings.detector.relays;
  if (kind != RelayFiles::Kind::kCaptures || options.method != relays::Method::kAdaptive) return {};
  return -std::log(options.false_alarm_probability);
}

absl::Status Print(const RelaysArguments& arguments,
                   const std::vector<const output::HostHistory*>& all,
                   std::optional<double> needed) {
  const std::string format = FormatOf(arguments);
  const Hosts hosts = Hosts(all).first(std::min(all.size(), LimitOf(arguments, format)));
  const std::unique_ptr<output::LineWriter> out = output::LineWriter::StandardOutput();
  if (format == "csv") return out->Write(output::RelayCsv(hosts));
  if (format == "svg") return out->Write(output::RelayChart(hosts, needed));
  if (format == "table") {
    return out->Write(
        output::RelayTable(hosts, all.size() - hosts.size(), output::StyleOf(STDOUT_FILENO)));
  }
  for (const output::HostHistory* host : hosts) {
    if (absl::Status status = out->Write(output::ToJsonLine(*host)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// What a reader of the list would not see in it.
void PrintNotes(const output::ScoreHistory& history, size_t listed,
                const config::Settings& settings, RelayFiles::Kind kind) {
  if (history.size() == 0) {
    const bool off = kind == RelayFiles::Kind::kCaptures && !settings.detector.relays.enabled;
    fmt::print(stderr, "cairn {}: no host was screened{}\n", kRelaysCommand,
               off ? "; the screen is switched off (relays.enabled)" : "");
  } else if (listed == 0) {
    fmt::print(stderr, "cairn {}: no host was reported\n", kRelaysCommand);
  }
  if (history.scores_of_least() > 0) {
    fmt::print(stderr,
               "cairn {}: {} scores of the weakest hosts were left out; --host lists those "
               "of one host\n",
               kRelaysCommand, history.scores_of_least());
  }
  if (history.oldest_scores() > 0) {
    fmt::print(stderr, "cairn {}: the {} oldest scores were left out of the histories\n",
               kRelaysCommand, history.oldest_scores());
  }
}

int Relays(RelaysArguments arguments) {
  if (arguments.files.empty()) arguments.files.emplace_back(kStandardInput);
  output::ScoreHistory history;
  absl::Status usage = CheckStandardInput(
      arguments.files, "name a capture, or a file that 'cairn replay --relays FILE' wrote");
  usage.Update(KeepOnly(arguments.hosts, history));
  const absl::StatusOr<config::Settings> settings =
      usage.ok() ? LoadSettings(arguments.run) : usage;
  if (!settings.ok()) return Fail(kRelaysCommand, kUsage, settings.status());

  CatchStopSignals();
  absl::StatusOr<RelayFiles> files = OpenRelayFiles(arguments.files);
  if (StopSignal() != 0) return StopExitCode();
  if (!files.ok()) {
    return Fail(kRelaysCommand, files.status());
  }
  usage = CheckSettingsAreUsed(*files, arguments.run);
  if (!usage.ok()) return Fail(kRelaysCommand, kUsage, usage);

  const RelayFiles::Kind kind = files->kind;
  if (kind == RelayFiles::Kind::kCaptures) {
    TellConfigFile(kRelaysCommand, arguments.run);
    WarnOfFilter(kRelaysCommand, arguments.run, *settings);
  }
  const absl::Status input = ReadRelayFiles(kRelaysCommand, *std::move(files), *settings, history);
  std::vector<const output::HostHistory*> hosts = history.Ranked();
  if (arguments.reported) {
    std::erase_if(hosts, [](const output::HostHistory* host) { return !host->reported; });
  }
  const absl::Status printed = Print(arguments, hosts, NeededNats(kind, *settings));
  const bool told = input.ok() || StopSignal() != 0;
  if (!told) {
    PrintError(kRelaysCommand, input);
    fmt::print(stderr, "cairn {}: the list holds what could be read\n", kRelaysCommand);
  }
  // A reader that has seen enough (| head) is no news to the user.
  if (!printed.ok() && !absl::IsCancelled(printed)) PrintError(kRelaysCommand, printed);
  if (!arguments.run.quiet) PrintNotes(history, hosts.size(), *settings, kind);
  if (!told || !printed.ok()) return kFailed;
  return StopSignal() != 0 ? StopExitCode() : static_cast<int>(kDone);
}

}  // namespace

void AddRelays(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand(kRelaysCommand, "List hosts by how much they pass on, with their history");
  const auto arguments = std::make_shared<RelaysArguments>();
  command
      ->add_option("FILE", arguments->files,
                   "Captures, or files that --relays wrote; '-' or none: standard input")
      ->type_name("");
  AddSettingsOptions(*command, arguments->run);
  command
      ->add_option("-f,--format", arguments->run.format, "Default: table on a terminal, else JSON")
      ->type_name("table|json|csv|svg")
      ->check(CLI::IsMember({"table", "json", "csv", "svg"}).description(""));
  command->add_option("--host", arguments->hosts, "Only this host (repeatable)")
      ->type_name("IP")
      ->allow_extra_args(false);
  command
      ->add_option("--limit", arguments->limit,
                   "The N strongest hosts; default: 20 in a table, 7 in a chart, else all")
      ->type_name("N")
      ->check(CLI::Range(size_t{1}, kMostHosts).description(""));
  command->add_flag("-q,--quiet", arguments->run.quiet, "Only faults on standard error");
  command->add_flag("--reported", arguments->reported, "Only hosts reported as relay nodes");
  command->footer(
      "\nExit status: 0 done, 1 failed at run time, 2 wrong usage or configuration, 128+N ended by "
      "signal N.");
  command->callback([arguments, &exit_code] { exit_code = Relays(*arguments); });
}

}  // namespace cairn::commands
