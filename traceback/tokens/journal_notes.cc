// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/journal_notes.h"

#include <algorithm>
#include <array>

#include "traceback/tokens/json_parts.h"

namespace cairn::tokens {
namespace {

using Kind = JournalNote::Kind;

constexpr auto kKindNames =
    std::to_array<std::string_view>({"start", "cut", "answer", "answer_lost", "answers_expired",
                                     "found", "journal_expired", "changed_by_others"});

std::string_view KindName(Kind kind) { return kKindNames[static_cast<size_t>(kind)]; }

}  // namespace

std::string NoteLine(const JournalNote& note) {
  Json json = Json::object();
  PutText(json, "token", note.token);
  json["kind"] = KindName(note.kind);
  PutTime(json, "time", note.time);
  PutText(json, "name", note.name);
  PutNumber(json, "lines", static_cast<int64_t>(note.lines));
  PutNumber(json, "bytes", static_cast<int64_t>(note.bytes));
  PutNumber(json, "last", static_cast<int64_t>(note.last));
  PutText(json, "sha256", note.hash);
  if (!note.next.empty()) json["next"] = ParseJson(note.next);
  return json::Line(json);
}

std::optional<JournalNote> ParseNote(std::string_view line) {
  const Json json = ParseJson(line);
  if (json.is_discarded()) return std::nullopt;
  JsonReader reader(json);
  const std::string kind = reader.Text("kind");
  const auto* const named = std::find(kKindNames.begin(), kKindNames.end(), kind);
  if (named == kKindNames.end()) return std::nullopt;
  JournalNote note;
  note.kind = static_cast<Kind>(named - kKindNames.begin());
  note.token = reader.Text("token");
  note.time = reader.Time("time");
  note.name = reader.Text("name");
  note.hash = reader.Text("sha256");
  note.lines = reader.Number<uint64_t>("lines");
  note.bytes = reader.Number<uint64_t>("bytes");
  note.last = reader.Number<uint64_t>("last");
  const Json& next = reader.Object("next");
  if (!next.empty()) note.next = json::Line(next);
  if (!reader.sound()) return std::nullopt;
  return note;
}

}  // namespace cairn::tokens
