// SPDX-License-Identifier: BSD-3-Clause
// Reads the session records that tsv_text.cc writes, whichever of its columns a file has.
#include <algorithm>
#include <optional>
#include <utility>

#include "fmt/format.h"

#include "output/sessions/columns.h"
#include "output/sessions/line_parser.h"

namespace cairn::output {
namespace {

// Of each column of the file; null: an unknown one.
using FileColumns = std::vector<const Column*>;

class TsvParser : public LineParser {
 public:
  explicit TsvParser(FileColumns columns) : columns_(std::move(columns)) {}

  absl::StatusOr<bool> Parse(std::string_view line, SessionRecord& session) override {
    Split(line, '\t', words_);
    if (words_.size() != columns_.size()) {
      return absl::InvalidArgumentError(
          fmt::format("it has {} columns, and the header {}", words_.size(), columns_.size()));
    }
    for (size_t i = 0; i < words_.size(); ++i) {
      if (columns_[i] == nullptr) continue;
      const absl::Status set = SetColumnFromText(*columns_[i], words_[i], session);
      if (!set.ok()) return set;
    }
    return true;
  }

 private:
  FileColumns columns_;
  std::vector<std::string_view> words_;
};

}  // namespace

bool IsTsvHeader(std::string_view line) {
  std::vector<std::string_view> names;
  Split(line, '\t', names);
  return std::any_of(names.begin(), names.end(), [](std::string_view name) {
    return FindColumn(name, &Column::name).has_value();
  });
}

absl::StatusOr<std::unique_ptr<LineParser>> MakeTsvParser(std::string_view header,
                                                          UnknownColumns unknown) {
  std::vector<std::string_view> names;
  Split(header, '\t', names);
  FileColumns columns;
  for (const std::string_view name : names) {
    const std::optional<size_t> found = FindColumn(name, &Column::name, columns.size());
    if (!found.has_value()) unknown.Note(name);
    columns.push_back(found.has_value() ? &SessionColumns()[*found] : nullptr);
  }
  std::string missing;
  for (const Column& column : SessionColumns()) {
    if (!column.essential || std::count(columns.begin(), columns.end(), &column) > 0) continue;
    missing += fmt::format("{}{}", missing.empty() ? "" : ", ", column.name);
  }
  if (missing.empty()) return std::make_unique<TsvParser>(std::move(columns));
  return absl::InvalidArgumentError(fmt::format("its header lacks {}", missing));
}

}  // namespace cairn::output
