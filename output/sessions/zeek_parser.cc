// SPDX-License-Identifier: BSD-3-Clause
// Reads a conn.log of Zeek, whichever of its columns it has.  What Zeek keeps and a session record
// does not is passed over; what a record has beyond it is made up from the history, or left out.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "fmt/format.h"

#include "base/printable.h"
#include "output/sessions/column_codec.h"
#include "output/sessions/line_parser.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {
namespace {

// What one line of the log says on the way into a record.
struct Row {
  SessionRecord& session;
  bool tcp = true;
};

template <typename Field>
bool Take(std::string_view text, Field& field) {
  return ParseField<TextFormat::kZeek>(text, field);
}

bool TakeTime(std::string_view text, Row& row) {
  if (!Take(text, row.session.first_time)) return false;
  row.session.last_time = row.session.first_time;
  return true;
}

// Requires: the time before it.
bool TakeDuration(std::string_view text, Row& row) {
  const std::optional<int64_t> ns = ParseSeconds(text);
  if (!ns.has_value() || *ns < 0) return false;
  row.session.last_time = row.session.first_time + PacketDelta::FromNanoseconds(*ns);
  return IsUsable(row.session.last_time);
}

bool TakeBytes(std::string_view text, SessionSide& side) {
  if (!Take(text, side.bytes)) return false;
  side.payload_bytes = side.bytes;
  return true;
}

// The flags that a letter of the history stands for, in lower case.
uint8_t FlagsOf(char letter) {
  switch (letter) {
    case 's':
      return kSyn;
    case 'h':
      return kSyn | kAck;
    case 'a':
    case 'd':
      return kAck;
    case 'f':
      return kFin | kAck;
    case 'r':
      return kRst;
    default:
      return 0;
  }
}

bool TakeHistory(std::string_view text, Row& row) {
  SessionRecord& session = row.session;
  session.history = text;
  for (const char c : text) {
    const bool client = c >= 'A' && c <= 'Z';
    const char letter = client ? static_cast<char>(c - 'A' + 'a') : c;
    const uint8_t flags = FlagsOf(letter);
    if (flags == 0) continue;
    const Side from = client ? Side::kClient : Side::kServer;
    SessionSide& side = session.side[static_cast<size_t>(from)];
    if (side.flags == 0) side.first_flags = flags;
    side.flags |= flags;
    if ((flags & kSyn) != 0) session.server_confidence = 2;
    if (letter == 'd' && !session.first_data_by.has_value()) session.first_data_by = from;
    if ((letter == 'f' || letter == 'r') && !session.closed_by.has_value()) {
      session.closed_by = from;
    }
  }
  return true;
}

struct ZeekColumn {
  std::string_view name;
  bool (*take)(std::string_view text, Row& row);  // null: passed over
  bool essential = false;
};

// The time stands before the duration, and the history before the packets, in every order of the
// file: columns are taken in this order.
constexpr auto kColumns = std::to_array<ZeekColumn>({
    {"proto", [](std::string_view text, Row& row) { return row.tcp = text == "tcp", true; }},
    {"ts", TakeTime, true},
    {"id.orig_h",
     [](std::string_view text, Row& row) { return Take(text, row.session.client().end.ip); }, true},
    {"id.orig_p",
     [](std::string_view text, Row& row) { return Take(text, row.session.client().end.port); },
     true},
    {"id.resp_h",
     [](std::string_view text, Row& row) { return Take(text, row.session.server().end.ip); }, true},
    {"id.resp_p",
     [](std::string_view text, Row& row) { return Take(text, row.session.server().end.port); },
     true},
    {"duration", TakeDuration},
    {"orig_bytes",
     [](std::string_view text, Row& row) { return TakeBytes(text, row.session.client()); }},
    {"resp_bytes",
     [](std::string_view text, Row& row) { return TakeBytes(text, row.session.server()); }},
    {"conn_state", [](std::string_view text, Row& row) { return Take(text, row.session.state); }},
    {"local_orig",
     [](std::string_view text, Row& row) { return Take(text, row.session.client().local); }},
    {"local_resp",
     [](std::string_view text, Row& row) { return Take(text, row.session.server().local); }},
    {"history", TakeHistory},
    {"orig_pkts",
     [](std::string_view text, Row& row) { return Take(text, row.session.client().packets); }},
    {"resp_pkts",
     [](std::string_view text, Row& row) { return Take(text, row.session.server().packets); }},
    {"vlan", [](std::string_view text, Row& row) { return Take(text, row.session.vlan); }},
    {"missed_bytes", nullptr},  // not told by side
    {"uid", nullptr},
    {"service", nullptr},
    {"orig_ip_bytes", nullptr},
    {"resp_ip_bytes", nullptr},
    {"tunnel_parents", nullptr},
    {"community_id", nullptr},
});

class ZeekParser : public LineParser {
 public:
  explicit ZeekParser(UnknownColumns unknown) : unknown_(unknown) { places_.fill(kNowhere); }

  absl::StatusOr<bool> Parse(std::string_view line, SessionRecord& session) override {
    if (line.starts_with('#')) {
      const absl::Status status = TakeHeader(line);
      if (!status.ok()) return status;
      return false;
    }
    Split(line, separator_, words_);
    if (words_.size() != fields_) {
      return absl::InvalidArgumentError(
          fmt::format("it has {} columns, and #fields {}", words_.size(), fields_));
    }
    session = {};
    Row row{.session = session};
    for (size_t i = 0; i < kColumns.size() && row.tcp; ++i) {
      if (places_[i] == kNowhere || kColumns[i].take == nullptr) continue;
      const std::string_view word = words_[places_[i]];
      const bool unset = word == unset_ || word == empty_;
      if (unset && !kColumns[i].essential) continue;
      if (unset || !kColumns[i].take(word, row)) {
        return absl::InvalidArgumentError(
            fmt::format("its {} cannot be {}", kColumns[i].name, QuotedWord(word)));
      }
    }
    if (!row.tcp) return false;
    session.inbound = session.client().local == false && session.server().local == true;
    // Who says something has sent a packet, counted or not.
    for (SessionSide& side : session.side) {
      if (side.flags != 0) side.packets = std::max<uint64_t>(side.packets, 1);
    }
    session.id = ++records_;
    return true;
  }

 private:
  static constexpr size_t kNowhere = SIZE_MAX;

  absl::Status TakeHeader(std::string_view line) {
    constexpr std::string_view kSeparator = "#separator ";
    if (line.starts_with(kSeparator)) {
      line.remove_prefix(kSeparator.size());
      unsigned code = 0;
      if (line.starts_with("\\x") && line.size() == 4 &&
          std::from_chars(line.data() + 2, line.data() + 4, code, 16).ec == std::errc()) {
        separator_ = static_cast<char>(code);
      } else if (line.size() == 1) {
        separator_ = line[0];
      }
      return absl::OkStatus();
    }
    Split(line, separator_, words_);
    if (words_[0] == "#unset_field" && words_.size() == 2) unset_ = words_[1];
    if (words_[0] == "#empty_field" && words_.size() == 2) empty_ = words_[1];
    if (words_[0] == "#fields") return TakeFields();
    return absl::OkStatus();
  }

  absl::Status TakeFields() {
    fields_ = words_.size() - 1;
    places_.fill(kNowhere);
    for (size_t i = 0; i < fields_; ++i) {
      const auto* found =
          std::find_if(kColumns.begin(), kColumns.end(),
                       [&](const ZeekColumn& column) { return column.name == words_[i + 1]; });
      if (found == kColumns.end()) {
        unknown_.Note(words_[i + 1]);
      } else {
        places_[static_cast<size_t>(found - kColumns.begin())] = i;
      }
    }
    std::string missing;
    for (size_t i = 0; i < kColumns.size(); ++i) {
      if (!kColumns[i].essential || places_[i] != kNowhere) continue;
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", kColumns[i].name);
    }
    if (missing.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(fmt::format("its #fields lack {}", missing));
  }

  UnknownColumns unknown_;
  std::array<size_t, kColumns.size()> places_{};  // in a line
  std::vector<std::string_view> words_;
  size_t fields_ = 0;
  uint64_t records_ = 0;
  char separator_ = '\t';
  std::string unset_ = "-";
  std::string empty_ = "(empty)";
};

}  // namespace

std::unique_ptr<LineParser> MakeZeekParser(UnknownColumns unknown) {
  return std::make_unique<ZeekParser>(unknown);
}

}  // namespace cairn::output
