// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/cell_text.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "fmt/format.h"

#include "base/printable.h"
#include "base/time_text.h"

namespace cairn::output {
namespace {

bool ParseTruth(std::string_view text, uint64_t& number) {
  number = text == "1" || text == "T" || text == "true" ? 1 : 0;
  return number == 1 || text == "0" || text == "F" || text == "false";
}

template <typename Value>
bool Take(const std::optional<Value>& value, auto& into) {
  if (value.has_value()) into = *value;
  return value.has_value();
}

bool ParseTime(std::string_view text, uint64_t& number) {
  const std::optional<PacketTime> time = ParseRfc3339(text);
  if (time.has_value()) number = static_cast<uint64_t>(time->ToNanoseconds());
  return time.has_value();
}

bool ParseInteger(std::string_view text, uint64_t& number) {
  int64_t integer = 0;
  if (!ParseNumber(text, integer)) return false;
  number = static_cast<uint64_t>(integer);
  return true;
}

bool IsPrinting(char c) { return c > ' ' && c <= '~'; }

}  // namespace

void AppendWord(std::string_view text, TextBuffer& out) {
  char* at = out.Room(text.size());
  for (const char c : text) *at++ = IsPrinting(c) ? c : '?';
  out.Commit(at);
}

void AppendWords(const std::vector<std::string>& texts, TextBuffer& out) {
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out.Append(',');
    char* at = out.Room(texts[i].size());
    for (const char c : texts[i]) *at++ = IsPrinting(c) && c != ',' ? c : '?';
    out.Commit(at);
  }
}

void AppendCell(const Cell& cell, CellType type, TimeWriter& times, TextBuffer& out) {
  char* room = out.Room(kLongestPart);
  switch (type) {
    case CellType::kCount:
    case CellType::kTruth:
      return out.Commit(PutNumber(room, cell.number));
    case CellType::kInteger:
      return out.Commit(PutNumber(room, static_cast<int64_t>(cell.number)));
    case CellType::kTime:
      return out.Commit(
          times.Put(room, PacketTime::FromNanoseconds(static_cast<int64_t>(cell.number))));
    case CellType::kFlags:
      return out.Commit(PutFlags(room, static_cast<uint8_t>(cell.number)));
    case CellType::kShare:
      return out.Commit(PutShare(room, cell.real));
    case CellType::kAddress:
      return out.Commit(PutAddress(room, cell.address));
    case CellType::kText:
      return AppendWord(cell.text, out);
    case CellType::kTexts:
      return AppendWords(*cell.texts, out);
  }
}

bool ParseCell(std::string_view text, CellType type, Cell& cell) {
  cell.known = true;
  switch (type) {
    case CellType::kCount:
      return ParseNumber(text, cell.number);
    case CellType::kInteger:
      return ParseInteger(text, cell.number);
    case CellType::kTruth:
      return ParseTruth(text, cell.number);
    case CellType::kTime:
      return ParseTime(text, cell.number);
    case CellType::kFlags:
      return Take(ParseFlags(text), cell.number);
    case CellType::kShare:
      return ParseNumber(text, cell.real);
    case CellType::kAddress:
      return Take(ParseAddress(text), cell.address);
    case CellType::kText:
    case CellType::kTexts:
      cell.text = text;
      cell.texts = nullptr;
      return true;
  }
  return false;
}

absl::Status SetColumn(const Column& column, const Cell& cell, std::string_view text,
                       SessionRecord& session) {
  if (column.set == nullptr || column.set(session, cell)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("its {} cannot be {}", column.name, QuotedWord(text)));
}

absl::Status SetColumnFromText(const Column& column, std::string_view text,
                               SessionRecord& session) {
  if (column.set == nullptr) return absl::OkStatus();
  if (text.size() == 1 && text[0] == kUnknownText) {
    if (!column.essential) return absl::OkStatus();
    return absl::InvalidArgumentError(fmt::format("its {} is not known", column.name));
  }
  Cell cell;
  if (!ParseCell(text, column.type, cell)) {
    return absl::InvalidArgumentError(
        fmt::format("its {} cannot be {}", column.name, QuotedWord(text)));
  }
  return SetColumn(column, cell, text, session);
}

}  // namespace cairn::output
