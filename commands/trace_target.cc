// SPDX-License-Identifier: BSD-3-Clause
#include "commands/trace_target.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "fmt/format.h"

#include "capture/byte_stream.h"
#include "commands/input_files.h"
#include "output/alert_reader.h"
#include "output/sessions/line_reader.h"
#include "traceback/alerts/suspect.h"

namespace cairn::commands {
namespace {

constexpr size_t kIdDigits = 16;
constexpr size_t kMostListed = 10;

// The alerts whose ids begin with `begin`, each as it was last corrected.
class AlertsById {
 public:
  AlertsById(std::string_view command, std::string begin)
      : command_(command), begin_(std::move(begin)) {}

  absl::Status Read(const std::string& path) {
    const absl::StatusOr<std::unique_ptr<capture::ByteStream>> stream =
        capture::ByteStream::Open(path, capture::EmptyFile::kAllow);
    if (!stream.ok()) return absl::FailedPreconditionError(stream.status().message());
    output::LineReader lines(**stream);
    output::LineReader::Line line;
    uint64_t alerts = 0;
    uint64_t bad_lines = 0;
    std::string first_fault;
    while (lines.Next(line)) {
      // The alerts that name a stone are short; chains may be longer.
      if (line.too_long || line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
      absl::StatusOr<std::optional<output::JudgedAlert>> alert = output::ParseAlertLine(line.text);
      if (!alert.ok()) {
        const bool is_cut_off = !line.ended && absl::IsDataLoss(alert.status());
        if (!is_cut_off && bad_lines++ == 0) {
          first_fault =
              fmt::format("line {}: {}", line.number, std::string(alert.status().message()));
        }
        continue;
      }
      ++alerts;
      if (alert->has_value()) Take((*alert)->pair);
    }
    if (!lines.status().ok()) return lines.status();
    if (bad_lines > 0 && alerts == 0) {
      return absl::InvalidArgumentError(
          fmt::format("{}: this is no file of alerts ({}); name one that --alerts FILE wrote",
                      (*stream)->name(), first_fault));
    }
    if (bad_lines > 0) {
      fmt::print(stderr, "cairn {}: {}: {} line{} no alert and left out ({})\n", command_,
                 (*stream)->name(), bad_lines, bad_lines == 1 ? " is" : "s are", first_fault);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<SteppingStone> Only() const {
    if (found_.empty()) {
      return absl::NotFoundError(fmt::format(
          "no alert that names a stepping stone has an id that begins with '{}'", begin_));
    }
    if (found_.size() == 1) return found_.begin()->second;
    std::string list;
    size_t listed = 0;
    for (const auto& [id, alert] : found_) {
      if (++listed > kMostListed) break;
      list += (listed == 1 ? "" : ", ") + id;
    }
    if (found_.size() > kMostListed) list += ", ...";
    return absl::InvalidArgumentError(
        fmt::format("'{}' is the beginning of {} ids; write more of one of them: {}", begin_,
                    found_.size(), list));
  }

 private:
  void Take(const SteppingStone& alert) {
    if (!alert.alert_id.starts_with(begin_)) return;
    SteppingStone& known = found_[alert.alert_id];
    if (known.alert_id.empty() || alert.revision >= known.revision) known = alert;
  }

  const std::string_view command_;
  const std::string begin_;
  std::map<std::string, SteppingStone> found_;
};

bool IsBeginOfId(std::string_view text) {
  return !text.empty() && text.size() <= kIdDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// At spaces.
std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t begin = text.find_first_not_of(' '); begin != std::string_view::npos;
       begin = text.find_first_not_of(' ', begin)) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return parts;
}

absl::StatusOr<tracing::TraceSubject> OfAlert(std::string_view command,
                                              const std::vector<std::string>& words) {
  std::vector<std::string> files(words.begin() + 1, words.end());
  if (files.empty()) files.emplace_back(kStandardInput);
  if (absl::Status status = CheckStandardInput(files, "name a file that --alerts FILE wrote");
      !status.ok()) {
    return status;
  }
  AlertsById alerts(command, words.front());
  for (const std::string& file : files) {
    if (absl::Status read = alerts.Read(file); !read.ok()) return read;
  }
  absl::StatusOr<SteppingStone> found = alerts.Only();
  if (!found.ok()) return found.status();
  found->policy.reset();
  const std::optional<alerts::Suspect> suspect = alerts::SuspectOf(Event(*found));
  return tracing::TraceSubject{.asked = {.time = found->time,
                                         .alert_id = found->alert_id,
                                         .revision = std::max(found->revision, 1U),
                                         .chain = found->chain},
                               .about = alerts::WayOn(*suspect)};
}

}  // namespace

std::optional<Endpoint> ParseEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view ip = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = ip.starts_with('[') && ip.ends_with(']');
  // Without brackets nobody knows where an IPv6 address ends.
  if (!bracketed && ip.find(':') != std::string_view::npos) return std::nullopt;
  if (bracketed) ip = ip.substr(1, ip.size() - 2);
  const absl::StatusOr<IpAddress> address = IpAddress::Parse(ip);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (!address.ok() || error != std::errc() || end != port.data() + port.size() || number == 0) {
    return std::nullopt;
  }
  return Endpoint{.ip = address->Unmapped(), .port = number};
}

absl::StatusOr<tracing::TraceSubject> ParseTraceTarget(std::string_view command,
                                                       const std::vector<std::string>& words) {
  std::vector<std::string> ends = words;
  if (words.size() == 1) ends = Split(words.front());
  if (!ends.empty() && ends.front().find_first_of(":[.") != std::string::npos) {
    const std::optional<Endpoint> local = ParseEndpoint(ends.front());
    const std::optional<Endpoint> remote =
        ends.size() == 2 ? ParseEndpoint(ends.back()) : std::nullopt;
    if (!local.has_value() || !remote.has_value()) {
      return absl::InvalidArgumentError(fmt::format(
          "'{}' is no connection; write the asked host's own end and the other one, as in "
          "10.10.0.15:40022 172.16.2.2:22",
          fmt::join(ends, " ")));
    }
    return tracing::TraceSubject{.asked = {}, .about = {.local = *local, .remote = *remote}};
  }
  if (words.empty() || !IsBeginOfId(words.front())) {
    return absl::InvalidArgumentError(fmt::format(
        "'{}' is neither a connection nor the id of an alert ({} digits of 0-9 and a-f, or the "
        "first of them)",
        words.empty() ? std::string() : words.front(), kIdDigits));
  }
  return OfAlert(command, words);
}

}  // namespace cairn::commands
