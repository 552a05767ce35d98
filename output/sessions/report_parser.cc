// SPDX-License-Identifier: BSD-3-Clause
// Reads the lines of Heberlein's report (report_text.cc), of 27 words; also of 25: without the
// fingerprints, or with each time as one word of seconds.
#include <algorithm>
#include <cstdint>
#include <optional>

#include "fmt/format.h"

#include "base/printable.h"
#include "output/sessions/column_codec.h"
#include "output/sessions/columns.h"
#include "output/sessions/line_parser.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {
namespace {

constexpr size_t kLongLine = 27;
constexpr size_t kShortLine = 25;
constexpr size_t kBeforeTimes = 21;

bool Keep(const std::optional<PacketTime>& read, PacketTime& time) {
  time = read.value_or(time);
  return read.has_value();
}

class ReportParser : public LineParser {
 public:
  absl::StatusOr<bool> Parse(std::string_view line, SessionRecord& session) override {
    SplitAtBlanks(line);
    if (words_.size() != kLongLine && words_.size() != kShortLine) {
      return absl::InvalidArgumentError(
          fmt::format("it has {} columns and not {}", words_.size(), kLongLine));
    }
    // The first columns of the table are these.
    for (size_t i = 0; i < kBeforeTimes; ++i) {
      const absl::Status set = SetColumnFromText(SessionColumns()[i], words_[i], session);
      if (!set.ok()) return set;
    }
    const bool one_word =
        words_.size() == kShortLine && words_[kBeforeTimes].find('.') != std::string_view::npos;
    size_t next = kBeforeTimes;
    for (PacketTime* time : {&session.first_time, &session.last_time}) {
      const std::string_view seconds = words_[next++];
      // One word is what Zeek writes.
      const bool read = one_word ? ParseField<TextFormat::kZeek>(seconds, *time)
                                 : Keep(ParseTwoWords(seconds, words_[next++]), *time);
      if (!read) {
        return absl::InvalidArgumentError(fmt::format(
            "its {} cannot be {}", time == &session.first_time ? "first_time" : "last_time",
            QuotedWord(seconds)));
      }
    }
    for (SessionSide& side : session.side) {
      if (next == words_.size()) break;
      const std::string_view word = words_[next++];
      if (word == kUnknownWord) continue;
      if (!ParseField<TextFormat::kReport>(word, side.fingerprint)) {
        return absl::InvalidArgumentError(
            fmt::format("its fingerprint cannot be {}", QuotedWord(word)));
      }
    }
    return true;
  }

 private:
  void SplitAtBlanks(std::string_view line) {
    constexpr std::string_view kBlanks = " \t";
    words_.clear();
    for (;;) {
      line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
      if (line.empty()) return;
      const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
      words_.push_back(word);
      line.remove_prefix(word.size());
    }
  }

  std::vector<std::string_view> words_;
};

}  // namespace

std::unique_ptr<LineParser> MakeReportParser() { return std::make_unique<ReportParser>(); }

}  // namespace cairn::output
