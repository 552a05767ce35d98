// SPDX-License-Identifier: BSD-3-Clause
#include "output/score_reader.h"

#include <algorithm>
#include <cmath>

#include "fmt/format.h"

#include "base/event_schema.h"
#include "base/printable.h"
#include "nlohmann/json.hpp"
#include "output/json_fields.h"

namespace cairn::output {
namespace {

PacketDelta FromSeconds(double seconds) {
  return PacketDelta::FromNanoseconds(static_cast<int64_t>(std::llround(seconds * 1e9)));
}

}  // namespace

absl::StatusOr<HostScore> ParseScoreLine(std::string_view line) {
  constexpr double kMost = 1e12;        // all decimals of the form are exact below
  constexpr double kMostSeconds = 1e9;  // thirty years, far from an overflow
  constexpr double kMostCount = 9e15;   // what a double counts exactly
  const auto json = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  if (json.is_discarded()) return absl::DataLossError("it is not JSON, or is cut off");
  if (!json.is_object()) return absl::InvalidArgumentError("it is not a JSON object");
  JsonFields fields;
  const std::string_view schema = fields.Text(json, "schema");
  const std::string_view event = fields.Text(json, "event");
  if (fields.fault().empty() && (schema != kAlertSchema || event != "host_score")) {
    return absl::InvalidArgumentError(fmt::format("it is {} of {}, and not 'host_score' of '{}'",
                                                  QuotedWord(event), QuotedWord(schema),
                                                  kAlertSchema));
  }
  HostScore score;
  score.time = fields.Time(json, "time");
  score.host = fields.Ip(json, "host");
  score.score = fields.Number(json, "score", -kMost, kMost);
  score.nats = fields.Number(json, "nats", -kMost, kMost);
  score.freedom = fields.Number(json, "freedom", -kMost, kMost);
  score.window = FromSeconds(fields.Number(json, "window_s", 0, kMostSeconds));
  score.reach = PacketDelta::FromMilliseconds(
      std::llround(fields.Number(json, "reach_ms", 0, kMostSeconds * 1e3)));
  score.activities = static_cast<uint64_t>(fields.Number(json, "activities", 0, kMostCount));
  score.reported = fields.Truth(json, "reported");
  if (!fields.fault().empty()) return absl::InvalidArgumentError(fields.fault());
  return score;
}

void ScoreReader::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = bytes.find('\n');
    const std::string_view part = bytes.substr(0, length);
    if (line_.size() <= kMaxLineBytes) {
      line_.append(part.substr(0, kMaxLineBytes + 1 - line_.size()));
    }
    if (length == std::string_view::npos) return;
    TakeLine(line_, LineEnd::kLineFeed);
    line_.clear();
    bytes.remove_prefix(length + 1);
  }
}

void ScoreReader::Finish() {
  if (!line_.empty()) TakeLine(line_, LineEnd::kEndOfFile);
  line_.clear();
}

void ScoreReader::TakeLine(std::string_view line, LineEnd end) {
  ++lines_;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  const absl::StatusOr<HostScore> score =
      line.size() <= kMaxLineBytes
          ? ParseScoreLine(line)
          : absl::InvalidArgumentError(fmt::format("it is longer than {} bytes", kMaxLineBytes));
  if (score.ok()) {
    ++scores_;
    history_.Add(*score);
    return;
  }
  if (end == LineEnd::kEndOfFile && absl::IsDataLoss(score.status())) {
    cut_ = true;
    return;
  }
  if (bad_lines_++ > 0) return;
  first_bad_line_ = lines_;
  first_fault_ = std::string(score.status().message());
}

}  // namespace cairn::output
