// SPDX-License-Identifier: BSD-3-Clause
// cairn filter: from an alert to its packets, by filters for other programs.
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "capture/byte_stream.h"
#include "commands/commands.h"
#include "commands/input_files.h"
#include "commands/run.h"
#include "output/alert_book.h"
#include "output/line_writer.h"
#include "output/packet_filters.h"
#include "output/sessions/line_reader.h"

namespace cairn::commands {
namespace {

constexpr char kFilterCommand[] = "filter";
constexpr size_t kMaxLineBytes = size_t{64} << 20;  // a chain names up to thousands of connections
// Without an alert before so many, the file holds something else.
constexpr uint64_t kManyBadLines = 1000;
// Beyond, a filter is too long for a command line, and libpcap takes minutes over it.
constexpr size_t kManyConnections = 64;

struct FilterArguments {
  std::string id;
  std::vector<std::string> files;
  bool capture = false;
  bool display = false;
  bool no_vlan = false;
};

// Lines that are no alerts are left out and counted; a file without any alert is the wrong one.
absl::Status ReadAlerts(const std::string& path, output::AlertBook& book) {
  const absl::StatusOr<std::unique_ptr<capture::ByteStream>> stream =
      capture::ByteStream::Open(path, capture::EmptyFile::kAllow);
  if (!stream.ok()) return absl::FailedPreconditionError(stream.status().message());
  const std::string& name = (*stream)->name();
  output::LineReader lines(**stream, kMaxLineBytes);
  output::LineReader::Line line;
  uint64_t bad_lines = 0;
  uint64_t first_bad = 0;
  std::string first_fault;
  while (lines.Next(line)) {
    if (line.text.find_first_not_of(" \t") == std::string_view::npos && !line.too_long) continue;
    const absl::Status status =
        line.too_long
            ? absl::InvalidArgumentError(fmt::format("it is longer than {} bytes", kMaxLineBytes))
            : book.AddLine(line.text);
    if (status.ok()) continue;
    if (!line.ended && absl::IsDataLoss(status)) {
      fmt::print(stderr, "cairn {}: {}: the last line is cut off and was left out\n",
                 kFilterCommand, name);
      continue;
    }
    if (bad_lines++ == 0) {
      first_bad = line.number;
      first_fault = std::string(status.message());
    }
    if (book.empty() && bad_lines == kManyBadLines) break;
  }
  if (!lines.status().ok()) return lines.status();
  if (bad_lines > 0 && book.empty()) {
    return absl::InvalidArgumentError(fmt::format(
        "{}: this is no file of alerts (line {}: {}); name one that --alerts FILE wrote", name,
        first_bad, first_fault));
  }
  if (bad_lines > 0) {
    fmt::print(stderr, "cairn {}: {}:{}: this line is no alert and was left out: {}{}\n",
               kFilterCommand, name, first_bad, first_fault,
               bad_lines > 1 ? fmt::format("; and {} more", bad_lines - 1) : std::string());
  }
  return absl::OkStatus();
}

std::string AboutText(const output::AlertedConnections& found) {
  const size_t count = found.connections.size();
  std::string text =
      fmt::format("# {} {}: {} connection{}", found.event, found.id, count, count == 1 ? "" : "s");
  if (!found.chain.empty() && found.chain != found.id) text += ", of chain " + found.chain;
  text += '\n';
  if (found.truncated) {
    text += "# The chain has more connections than the alerts name (chains.max_hops_per_chain).\n";
  }
  return text;
}

std::string TextOf(const FilterArguments& arguments, const output::AlertedConnections& found,
                   bool with_times) {
  const output::VlanTags tags =
      arguments.no_vlan ? output::VlanTags::kNone : output::VlanTags::kUpToTwo;
  const std::string capture = output::CaptureFilter(found.connections, tags);
  const std::string display = output::DisplayFilter(found.connections, found.end, with_times);
  if (arguments.capture) return capture + '\n';
  if (arguments.display) return display + '\n';
  std::string text = AboutText(found);
  text += "# Capture filter: tcpdump -r IN.pcap -w OUT.pcap 'FILTER', or -F FILE.\n";
  text += arguments.no_vlan
              ? "# It takes packets without VLAN tags, not those in tunnels, and at all times.\n"
              : "# It takes packets with up to two VLAN tags, not those in tunnels, and at all "
                "times.\n";
  if (found.connections.size() > kManyConnections) {
    text += "# It is long: tcpdump takes it from a file (-F), sooner with --no-vlan.\n";
  }
  text += capture + '\n';
  text += "# Display filter: Wireshark, or tshark -r IN.pcap -w OUT.pcap -Y 'FILTER'.\n";
  text += "# It takes packets in tunnels, too.";
  if (!with_times) {
    text += " Times are left out: the capture's clock was set (clock_step).";
  } else if (!found.end.has_value()) {
    text += " It has no end time: the alerts do not say when the connections ended.";
  }
  return text + '\n' + display + '\n';
}

int Filter(FilterArguments arguments) {
  if (arguments.capture && arguments.display) {
    return Fail(kFilterCommand, kUsage,
                absl::InvalidArgumentError(
                    "--capture and --display each print one filter; without them, both"));
  }
  if (arguments.files.empty()) arguments.files.emplace_back(kStandardInput);
  absl::Status status = CheckStandardInput(arguments.files, "name a file that --alerts FILE wrote");
  if (!status.ok()) return Fail(kFilterCommand, kUsage, status);
  output::AlertBook book;
  for (const std::string& path : arguments.files) {
    status = ReadAlerts(path, book);
    if (!status.ok()) return Fail(kFilterCommand, status);
  }
  const absl::StatusOr<output::AlertedConnections> found = book.Find(arguments.id);
  if (!found.ok()) {
    return Fail(kFilterCommand, found.status());
  }
  if (found->connections.empty()) {
    return Fail(
        kFilterCommand, kFailed,
        absl::NotFoundError(fmt::format("{} {} names no connection", found->event, found->id)));
  }
  status =
      output::LineWriter::StandardOutput()->Write(TextOf(arguments, *found, !book.clock_was_set()));
  // A reader that has seen enough (| head) is no news to the user.
  if (!status.ok() && !absl::IsCancelled(status)) PrintError(kFilterCommand, status);
  return status.ok() ? kDone : kFailed;
}

}  // namespace

void AddFilter(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand(kFilterCommand, "Print filters for the packets of an alert or a chain");
  const auto arguments = std::make_shared<FilterArguments>();
  command
      ->add_option("ID", arguments->id,
                   "Of an alert, an exposure or a chain (c-...), or its first digits")
      ->type_name("")
      ->required();
  command
      ->add_option("FILE", arguments->files,
                   "Alerts, as --alerts FILE wrote them; '-' or none: standard input")
      ->type_name("");
  command->add_flag("--capture", arguments->capture, "Only the capture filter (tcpdump)");
  command->add_flag("--display", arguments->display, "Only the display filter (Wireshark)");
  command->add_flag("--no-vlan", arguments->no_vlan,
                    "A capture filter for links without VLAN tags, such as raw IP");
  command->footer("\nExit status: 0 done, 1 failed at run time, 2 wrong usage.");
  command->callback([arguments, &exit_code] { exit_code = Filter(*arguments); });
}

}  // namespace cairn::commands
