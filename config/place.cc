// SPDX-License-Identifier: BSD-3-Clause
#include "config/place.h"

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

bool Problems::full() const { return found_.size() >= kMaxProblems; }

void Problems::Add(Mark mark, std::string_view text) {
  if (full()) {
    ++left_out_;
    return;
  }
  found_.push_back({mark, std::string(text)});
}

absl::Status Problems::ToStatus() const {
  if (found_.empty()) return absl::OkStatus();
  std::vector<Problem> sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) { return a.mark < b.mark; });
  std::string message;
  for (const Problem& problem : sorted) {
    if (!message.empty()) message += '\n';
    if (!source_.empty()) message += fmt::format("{}:", source_);
    if (problem.mark.line > 0)
      message += fmt::format("{}:{}:", problem.mark.line, problem.mark.column);
    if (!message.empty() && message.back() == ':') message += ' ';
    message += problem.text;
  }
  if (left_out_ > 0) message += fmt::format("\nand {} more problems", left_out_);
  return absl::InvalidArgumentError(message);
}

Place Place::Key(std::string_view name) const {
  return Place(*problems_, path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name));
}

Place Place::Item(size_t index) const {
  return Place(*problems_, fmt::format("{}[{}]", path_, index + 1));
}

void Place::Fail(Mark mark, std::string_view text) const {
  problems_->Add(mark, path_.empty() ? std::string(text) : fmt::format("{}: {}", path_, text));
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
