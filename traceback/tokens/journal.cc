// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/journal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

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
  if (entry.knows_user) {
    json["uid"] = entry.uid;
    PutText(json, "user", entry.user);
  }
  PutText(json, "reason", entry.reason);
  return json::Line(json);
}

std::string ExpiryLine(const std::string& token, PacketTime now) {
  Json json = Json::object();
  json["token"] = token;
  json["kind"] = "expired";
  PutTime(json, "time", now);
  return json::Line(json);
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
    entry.asked.time = reader.Time("time");
    return entry;
  }
  entry.kind = reader.OneOf("kind", Kind::kEmpty, KindName);
  entry.asked = ReadAsked(reader);
  const std::optional<uint32_t> uid = reader.OptionalNumber("uid");
  entry.knows_user = uid.has_value();
  entry.uid = uid.value_or(0);
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
  return json::Line(json);
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

namespace {

// The journal that is written to, as it was at one moment.
struct Latest {
  std::string text;
  uint64_t inode = 0;  // 0: there was none
};

absl::StatusOr<Latest> ReadLatest(const Folder& folder) {
  constexpr int kMostTries = 100;
  for (int tries = 1;; ++tries) {
    const uint64_t before = folder.Look(kJournal).inode;
    absl::StatusOr<std::string> text = folder.Read(kJournal, kMostJournalBytes);
    const uint64_t after = folder.Look(kJournal).inode;
    if (before != after && tries < kMostTries) continue;  // rotated just now
    if (absl::IsNotFound(text.status())) return Latest();
    if (!text.ok()) return text.status();
    return Latest{.text = *std::move(text), .inode = after};
  }
}

void VisitLines(std::string_view text, const std::function<void(std::string_view line)>& visit) {
  for (size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool IsJournal(std::string_view name) {
  return name == kJournal || (name.starts_with(kAside) && name.ends_with(kEnding));
}

std::string JournalName(PacketTime now, std::string_view last) {
  int64_t number = std::max<int64_t>(now.ToNanoseconds(), 0);
  if (last.starts_with(kAside)) {
    last.remove_prefix(kAside.size());
    int64_t newest = 0;
    std::from_chars(last.data(), last.data() + last.size(), newest);
    if (newest < std::numeric_limits<int64_t>::max()) number = std::max(number, newest + 1);
  }
  // Of one length, so that names sort as times do.
  return fmt::format("{}{:020}{}", kAside, number, kEnding);
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

absl::Status ForEachLine(const Folder& folder, const std::string& name,
                         const std::function<void(std::string_view line)>& visit) {
  const absl::StatusOr<std::string> text = folder.Read(name, kMostJournalBytes);
  if (!text.ok()) return text.status();
  VisitLines(*text, visit);
  return absl::OkStatus();
}

absl::Status ForEachJournalLine(
    const Folder& folder,
    const std::function<void(const std::string& name, std::string_view line)>& visit) {
  // The latest first: what is rotated or begun meanwhile comes after it, and is not read.
  const absl::StatusOr<Latest> latest = ReadLatest(folder);
  if (!latest.ok()) return latest.status();
  std::vector<FileFacts> rotated;
  folder.ForEachFile([&rotated](const FileFacts& file) {
    if (file.is_regular && IsJournal(file.name) && file.name != kJournal) rotated.push_back(file);
  });
  std::sort(rotated.begin(), rotated.end(),
            [](const FileFacts& a, const FileFacts& b) { return a.name < b.name; });
  for (const FileFacts& file : rotated) {
    if (file.inode == latest->inode) break;
    absl::Status read =
        ForEachLine(folder, file.name, [&](std::string_view line) { visit(file.name, line); });
    if (absl::IsNotFound(read)) continue;  // it has expired just now
    if (!read.ok()) return read;
  }
  VisitLines(latest->text, [&visit](std::string_view line) { visit(kJournal, line); });
  return absl::OkStatus();
}

}  // namespace cairn::tokens
