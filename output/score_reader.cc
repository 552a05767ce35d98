// SPDX-License-Identifier: BSD-3-Clause
#include "output/score_reader.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "fmt/format.h"

#include "nlohmann/json.hpp"
#include "output/json_lines.h"
#include "output/time_text.h"

namespace cairn::output {
namespace {

using Json = nlohmann::json;

constexpr size_t kQuotedBytes = 40;  // of a foreign word in a message

// A foreign word for a message: short, and nothing in it that steers a terminal.
std::string Quoted(std::string_view word) {
  std::string text(word.substr(0, kQuotedBytes));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return '\'' + text + (word.size() > kQuotedBytes ? "...'" : "'");
}

// Takes the fields out of one object and keeps the first fault.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  std::string_view Text(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) {
      Fail(key, "is not text");
      return {};
    }
    return value->get_ref<const std::string&>();
  }

  double Number(const char* key, double least, double most) {
    const Json* value = Find(key);
    if (value == nullptr) return 0;
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (number >= least && number <= most) return number;
    Fail(key, fmt::format("is not a number from {:g} to {:g}", least, most));
    return 0;
  }

  bool Truth(const char* key) {
    const Json* value = Find(key);
    if (value != nullptr && !value->is_boolean()) Fail(key, "is neither true nor false");
    return value != nullptr && value->is_boolean() && value->get<bool>();
  }

  void Fail(std::string_view key, std::string_view what) {
    if (fault_.empty()) fault_ = fmt::format("its \"{}\" {}", key, what);
  }
  const std::string& fault() const { return fault_; }

 private:
  const Json* Find(const char* key) {
    const auto found = object_.find(key);
    if (found != object_.end()) return &*found;
    Fail(key, "is missing");
    return nullptr;
  }

  const Json& object_;
  std::string fault_;
};

PacketDelta FromSeconds(double seconds) {
  return PacketDelta::FromNanoseconds(static_cast<int64_t>(std::llround(seconds * 1e9)));
}

}  // namespace

absl::StatusOr<HostScore> ParseScoreLine(std::string_view line) {
  constexpr double kMost = 1e12;        // all decimals of the form are exact below
  constexpr double kMostSeconds = 1e9;  // thirty years, far from an overflow
  constexpr double kMostCount = 9e15;   // what a double counts exactly
  const Json json = Json::parse(line.begin(), line.end(), nullptr, false);
  if (json.is_discarded()) return absl::DataLossError("it is not JSON, or is cut off");
  if (!json.is_object()) return absl::InvalidArgumentError("it is not a JSON object");
  Fields fields(json);
  const std::string_view schema = fields.Text("schema");
  const std::string_view event = fields.Text("event");
  if (fields.fault().empty() && (schema != kAlertSchema || event != "host_score")) {
    return absl::InvalidArgumentError(fmt::format("it is {} of {}, and not 'host_score' of '{}'",
                                                  Quoted(event), Quoted(schema), kAlertSchema));
  }
  HostScore score;
  const std::optional<PacketTime> time = ParseRfc3339(fields.Text("time"));
  if (time.has_value()) score.time = *time;
  if (!time.has_value())
    fields.Fail("time", "is not a time such as 2026-11-21T03:55:00.000000000Z");
  const absl::StatusOr<IpAddress> host = IpAddress::Parse(fields.Text("host"));
  if (host.ok()) score.host = *host;
  if (!host.ok()) fields.Fail("host", "is not an address");
  score.score = fields.Number("score", -kMost, kMost);
  score.nats = fields.Number("nats", -kMost, kMost);
  score.freedom = fields.Number("freedom", -kMost, kMost);
  score.window = FromSeconds(fields.Number("window_s", 0, kMostSeconds));
  score.reach =
      PacketDelta::FromMilliseconds(std::llround(fields.Number("reach_ms", 0, kMostSeconds * 1e3)));
  score.activities = static_cast<uint64_t>(fields.Number("activities", 0, kMostCount));
  score.reported = fields.Truth("reported");
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
