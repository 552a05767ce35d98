// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/place.h"

#include <algorithm>

#include "fmt/format.h"

namespace cairn::config {
namespace {

// More than a screen of messages helps nobody, and bounds what a hostile file can make us keep.
constexpr size_t kMaxProblems = 20;
constexpr size_t kMaxQuotedBytes = 60;

// Where to cut `text` so that no UTF-8 character is split.
size_t CutPoint(std::string_view text, size_t most) {
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return end;
}

}  // namespace

bool Problems::full() const { return faults_.kept.size() >= kMaxProblems; }

void Problems::List::Add(Mark mark, std::string_view text) {
  if (kept.size() >= kMaxProblems) {
    ++left_out;
    return;
  }
  kept.push_back({mark, std::string(text)});
}

void Problems::Add(Mark mark, std::string_view text) { faults_.Add(mark, text); }

void Problems::Warn(Mark mark, std::string_view text) { warnings_.Add(mark, text); }

absl::Status Problems::ToStatus() const {
  if (empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(Text(faults_, ""));
}

std::string Problems::WarningText() const { return Text(warnings_, "warning: "); }

std::string Problems::Position(Mark mark) const {
  if (mark.line == 0) return source_;
  const std::string place = fmt::format("{}:{}", mark.line, mark.column);
  return source_.empty() ? place : fmt::format("{}:{}", source_, place);
}

std::string Problems::Text(const List& list, std::string_view kind) const {
  std::vector<Problem> sorted = list.kept;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) { return a.mark < b.mark; });
  std::string message;
  for (const Problem& problem : sorted) {
    if (!message.empty()) message += '\n';
    if (const std::string position = Position(problem.mark); !position.empty()) {
      message += position + ": ";
    }
    message += kind;
    message += problem.text;
  }
  if (list.left_out > 0) {
    message +=
        fmt::format("\nand {} more {}", list.left_out, kind.empty() ? "problems" : "warnings");
  }
  return message;
}

Place Place::Key(std::string_view name) const {
  return Place(*problems_, path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name));
}

Place Place::Item(size_t index) const {
  return Place(*problems_, fmt::format("{}[{}]", path_, index + 1));
}

void Place::Fail(Mark mark, std::string_view text) const { problems_->Add(mark, Line(text)); }

void Place::Warn(Mark mark, std::string_view text) const { problems_->Warn(mark, Line(text)); }

std::string Place::Line(std::string_view text) const {
  return path_.empty() ? std::string(text) : fmt::format("{}: {}", path_, text);
}

std::string Quoted(std::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  if (cut) text = text.substr(0, CutPoint(text, kMaxQuotedBytes));
  std::string quoted = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  quoted += cut ? "...'" : "'";
  return quoted;
}

}  // namespace cairn::config
