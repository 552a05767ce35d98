// SPDX-License-Identifier: BSD-3-Clause
// Reads the session records that json_text.cc writes.  Event by event, not as a tree: that takes a
// third of the time.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "base/printable.h"
#include "nlohmann/json.hpp"
#include "output/sessions/columns.h"
#include "output/sessions/line_parser.h"

namespace cairn::output {
namespace {

constexpr std::string_view kSchemaKey = "schema";

// One object's keys and values as the parser of JSON meets them, put into the record at once.
// The names of its methods are that parser's.
class RecordEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit RecordEvents(UnknownColumns unknown)
      : unknown_(unknown), seen_(SessionColumns().size()) {}

  void Begin(SessionRecord& session) {
    session_ = &session;
    depth_ = 0;
    next_ = 0;
    column_ = nullptr;
    at_schema_ = false;
    in_texts_ = false;
    schema_seen_ = false;
    cut_ = false;
    fault_ = absl::OkStatus();
    std::fill(seen_.begin(), seen_.end(), false);
  }

  absl::Status End() const {
    if (cut_) return absl::DataLossError("it is not JSON, or is cut off");
    if (!fault_.ok()) return fault_;
    if (!schema_seen_) return absl::InvalidArgumentError("its \"schema\" is missing");
    for (size_t i = 0; i < seen_.size(); ++i) {
      if (SessionColumns()[i].essential && !seen_[i]) {
        return absl::InvalidArgumentError(
            fmt::format("its {} is missing", SessionColumns()[i].name));
      }
    }
    return absl::OkStatus();
  }

  bool null() override {
    if (depth_ != 1 || column_ == nullptr || !column_->essential) return true;
    return Fail("null");
  }
  bool boolean(bool value) override {
    return Number(JsonKind::kTruth, value ? 1 : 0, value ? "true" : "false");
  }
  bool number_integer(int64_t value) override {
    return Number(JsonKind::kInteger, static_cast<uint64_t>(value), "a negative number");
  }
  bool number_unsigned(uint64_t value) override {
    if (column_ != nullptr && column_->json == JsonKind::kReal) {
      return number_float(static_cast<double>(value), {});
    }
    const bool fits = value <= static_cast<uint64_t>(INT64_MAX);
    const bool signed_column = column_ != nullptr && column_->json == JsonKind::kInteger;
    if (signed_column && !fits) return depth_ == 1 ? Fail("so large") : true;
    return Number(signed_column ? JsonKind::kInteger : JsonKind::kCount, value, "this number");
  }
  bool number_float(double value, const std::string& /*text*/) override {
    if (depth_ != 1 || column_ == nullptr) return true;
    if (column_->json != JsonKind::kReal) return Fail("a number with decimals");
    cell_.real = value;
    return Set(fmt::format("{:g}", value));
  }
  bool string(std::string& value) override {
    if (at_schema_ && depth_ == 1) return Schema(value);
    if (depth_ == 2 && in_texts_) {
      texts_.push_back(std::move(value));
      return true;
    }
    if (depth_ != 1 || column_ == nullptr) return true;
    if (column_->json != JsonKind::kText) return Fail("text");
    return Keep(ParseColumn(*column_, value, *session_));
  }
  bool binary(nlohmann::json::binary_t& /*value*/) override { return false; }

  bool start_object(size_t /*elements*/) override {
    if (++depth_ == 1) return true;
    return depth_ > 2 || column_ == nullptr || Fail("an object");
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(size_t /*elements*/) override {
    if (++depth_ == 1) {
      fault_ = absl::InvalidArgumentError("it is not a JSON object");
      return false;
    }
    if (depth_ > 2 || column_ == nullptr) return true;
    in_texts_ = column_->json == JsonKind::kTexts;
    texts_.clear();
    return in_texts_ || Fail("a list");
  }
  bool end_array() override {
    if (--depth_ != 1) return true;
    if (!std::exchange(in_texts_, false)) return true;
    cell_.texts = &texts_;
    return Set("this list");
  }
  bool key(std::string& name) override {
    if (depth_ != 1) return true;
    at_schema_ = name == kSchemaKey;
    column_ = nullptr;
    if (at_schema_) return true;
    const std::optional<size_t> found = FindColumn(name, &Column::name, next_);
    if (!found.has_value()) {
      unknown_.Note(name);
      return true;
    }
    column_ = &SessionColumns()[*found];
    seen_[*found] = true;
    next_ = *found + 1;
    return true;
  }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*fault*/) override {
    cut_ = true;
    return false;
  }

 private:
  bool Fail(std::string_view what) {
    fault_ = absl::InvalidArgumentError(fmt::format("its {} cannot be {}", column_->name, what));
    return false;
  }
  bool Number(JsonKind kind, uint64_t number, std::string_view what) {
    if (depth_ != 1 || column_ == nullptr) return true;
    if (column_->json != kind) return Fail(what);
    cell_.number = number;
    return Set(what);
  }
  bool Set(std::string_view text) { return Keep(SetColumn(*column_, cell_, text, *session_)); }
  bool Keep(absl::Status set) {
    fault_ = std::move(set);
    column_ = nullptr;
    return fault_.ok();
  }
  bool Schema(std::string_view schema) {
    schema_seen_ = true;
    if (schema == kSessionSchema) return true;
    fault_ = absl::FailedPreconditionError(fmt::format(
        "it is of the schema {}, and only '{}' is understood", QuotedWord(schema), kSessionSchema));
    return false;
  }

  UnknownColumns unknown_;
  SessionRecord* session_ = nullptr;
  std::vector<char> seen_;  // of each column
  std::vector<std::string> texts_;
  Cell cell_;
  const Column* column_ = nullptr;  // whose value comes next; null: none that is asked for
  size_t depth_ = 0;
  size_t next_ = 0;  // the column that is likely to come next
  bool at_schema_ = false;
  bool schema_seen_ = false;
  bool in_texts_ = false;
  bool cut_ = false;
  absl::Status fault_;
};

class JsonParser : public LineParser {
 public:
  explicit JsonParser(UnknownColumns unknown) : events_(unknown) {}

  absl::StatusOr<bool> Parse(std::string_view line, SessionRecord& session) override {
    events_.Begin(session);
    nlohmann::json::sax_parse(line.begin(), line.end(), &events_);
    const absl::Status status = events_.End();
    if (!status.ok()) return status;
    return true;
  }
  bool ShowsItsEnd() const override { return true; }

 private:
  RecordEvents events_;
};

}  // namespace

std::unique_ptr<LineParser> MakeJsonParser(UnknownColumns unknown) {
  return std::make_unique<JsonParser>(unknown);
}

}  // namespace cairn::output
