// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/journal.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"

#include "traceback/tokens/json_parts.h"

namespace cairn::tokens {
namespace {

using Kind = JournalEntry::Kind;

constexpr std::string_view kAside = "journal-";
constexpr std::string_view kEnding = ".jsonl";
constexpr uint64_t kMostJournalBytes = 1ULL << 30;  // of one file

std::string_view KindName(Kind kind) {
  constexpr auto kNames = std::to_array<std::string_view>({"record", "ident", "empty"});
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace

std::string JournalLine(const JournalEntry& entry) {
  Json json = Json::object();
  json["token"] = entry.token;
  json["kind"] = KindName(entry.kind);
  PutAsked(json, entry.asked);
  if (entry.kind == Kind::kIdent) {
    json["uid"] = entry.uid;
    PutText(json, "user", entry.user);
  }
  PutText(json, "reason", entry.reason);
  return JsonLine(json);
}

std::string ExpiryLine(const std::string& token, PacketTime now) {
  Json json = Json::object();
  json["token"] = token;
  json["kind"] = "expired";
  PutTime(json, "time", now);
  return JsonLine(json);
}

std::optional<JournalEntry> ParseJournalLine(std::string_view line) {
  const Json json = ParseJson(line);
  if (json.is_discarded()) return std::nullopt;
  JsonReader reader(json);
  JournalEntry entry;
  entry.token = reader.Text("token");
  if (!IsStopdToken(entry.token)) return std::nullopt;
  if (reader.Text("kind") == "expired") {
    entry.expired = true;
    return entry;
  }
  entry.kind = reader.OneOf("kind", Kind::kEmpty, KindName);
  entry.asked = ReadAsked(reader);
  entry.uid = reader.Number<uint32_t>("uid");
  entry.user = reader.Text("user");
  entry.reason = reader.Text("reason");
  if (!reader.sound()) return std::nullopt;
  return entry;
}

std::string NextHopLine(const NextHop& hop) {
  Json json = Json::object();
  PutTime(json, "time", hop.time);
  PutEnd(json, "local", hop.local);
  PutEnd(json, "remote", hop.remote);
  PutText(json, "result", hop.result);
  PutText(json, "token", hop.token);
  PutText(json, "error", hop.error);
  return JsonLine(json);
}

std::optional<NextHop> ParseNextHop(std::string_view line) {
  const Json json = ParseJson(line);
  if (json.is_discarded()) return std::nullopt;
  JsonReader reader(json);
  NextHop hop = {.time = reader.Time("time"),
                 .local = reader.End("local"),
                 .remote = reader.End("remote"),
                 .result = reader.Text("result"),
                 .token = reader.Text("token"),
                 .error = reader.Text("error")};
  if (!reader.sound() || hop.result.empty()) return std::nullopt;
  return hop;
}

bool IsJournal(std::string_view name) {
  return name == kJournal || (name.starts_with(kAside) && name.ends_with(kEnding));
}

std::string JournalName(PacketTime now) {
  // Of one length, so that names sort as times do.
  return fmt::format("{}{:020}{}", kAside, now.ToNanoseconds(), kEnding);
}

std::vector<std::string> JournalNames(const Folder& folder) {
  std::vector<std::string> names;
  folder.ForEachFile([&names](const FileFacts& file) {
    if (file.is_regular && IsJournal(file.name)) names.push_back(file.name);
  });
  // '-' sorts before '.', so the one that is written to comes last.
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status ForEachJournalLine(const Folder& folder,
                                const std::function<void(std::string_view line)>& visit) {
  for (const std::string& name : JournalNames(folder)) {
    const absl::StatusOr<std::string> text = folder.Read(name, kMostJournalBytes);
    if (absl::IsNotFound(text.status())) continue;  // put aside or deleted just now
    if (!text.ok()) return text.status();
    std::string_view rest = *text;
    for (size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;) {
      if (end > 0) visit(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
  }
  return absl::OkStatus();
}

}  // namespace cairn::tokens
