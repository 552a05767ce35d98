// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/redemption.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "fmt/format.h"

#include "traceback/tokens/journal.h"
#include "traceback/tokens/json_parts.h"
#include "traceback/tokens/record_file.h"
#include "traceback/tokens/store_files.h"

namespace cairn::tokens {
namespace {

struct Folders {
  Folder top;
  Folder records;
};

absl::StatusOr<Folders> OpenFolders(const Options& options) {
  absl::StatusOr<Folder> top = Folder::Open(options.folder, Folder::Missing::kFail);
  if (!top.ok()) return top.status();
  absl::StatusOr<Folder> records =
      Folder::Open(options.folder + "/" + kRecordsFolder, Folder::Missing::kFail);
  if (!records.ok()) return records.status();
  return Folders{.top = *std::move(top), .records = *std::move(records)};
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? std::string() : std::string(value);
}

std::string LoginUid() {
  std::array<char, 16> text{};
  std::FILE* file = std::fopen("/proc/self/loginuid", "re");
  if (file == nullptr) return {};
  const size_t size = std::fread(text.data(), 1, text.size(), file);
  std::fclose(file);
  return std::string(text.data(), size);
}

// Who is asking, and what became of it, before anything is told.
absl::Status Audit(const Folder& top, std::string_view token, std::string_view outcome,
                   PacketTime now) {
  Json json = Json::object();
  PutTime(json, "time", now);
  json["token"] = std::string(token);
  json["found"] = std::string(outcome);
  json["uid"] = getuid();
  PutText(json, "login_uid", LoginUid());
  PutText(json, "sudo_user", Variable("SUDO_USER"));
  return top.AppendLine(kRedemptions, json::Line(json), Folder::Sync::kNow);
}

absl::StatusOr<std::optional<JournalEntry>> FindEntry(const Folder& top, std::string_view token) {
  std::optional<JournalEntry> found;
  bool expired = false;
  const absl::Status read = ForEachJournalLine(top, [&](const std::string&, std::string_view line) {
    if (line.find(token) == std::string_view::npos) return;
    std::optional<JournalEntry> entry = ParseJournalLine(line);
    if (!entry.has_value() || entry->token != token) return;
    if (entry->expired) {
      expired = true;
    } else {
      found = *std::move(entry);
    }
  });
  if (!read.ok()) return read;
  if (found.has_value()) found->expired = expired;
  return found;
}

std::vector<NextHop> ReadNextHops(const Folder& records, const std::string& token) {
  std::vector<NextHop> hops;
  const absl::StatusOr<std::string> text = records.Read(NextName(token), 2 * kMostNextBytes);
  if (!text.ok()) return hops;
  std::string_view rest = *text;
  for (size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;) {
    if (std::optional<NextHop> hop = ParseNextHop(rest.substr(0, end))) {
      hops.push_back(*std::move(hop));
    }
    rest.remove_prefix(end + 1);
  }
  return hops;
}

// A file that is there and cannot be read as a record has been altered, too.
void ReadRecord(const Folder& records, Redeemed& redeemed) {
  const absl::StatusOr<std::string> json = ReadRecordText(records, redeemed.token);
  if (absl::IsNotFound(json.status())) {
    const bool was_saved =
        redeemed.entry.has_value() && redeemed.entry->kind == JournalEntry::Kind::kRecord;
    redeemed.state = !was_saved                ? RecordState::kNone
                     : redeemed.entry->expired ? RecordState::kExpired
                                               : RecordState::kMissing;
    return;
  }
  redeemed.state =
      json.ok() && TokenOf(*json) == redeemed.token ? RecordState::kIntact : RecordState::kAltered;
  if (!json.ok()) return;
  absl::StatusOr<Record> record = RecordFromJson(*json);
  if (record.ok()) redeemed.record = *std::move(record);
}

RecordState StateOf(const Folder& records, const JournalEntry& entry) {
  if (entry.kind != JournalEntry::Kind::kRecord) return RecordState::kNone;
  if (records.Look(RecordName(entry.token, true)).is_regular ||
      records.Look(RecordName(entry.token, false)).is_regular) {
    return RecordState::kIntact;
  }
  return entry.expired ? RecordState::kExpired : RecordState::kMissing;
}

}  // namespace

std::string_view RecordStateName(RecordState state) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"intact", "altered", "missing", "expired", "none"});
  return kNames[static_cast<size_t>(state)];
}

absl::StatusOr<Redeemed> Redeem(const Options& options, std::string_view token, PacketTime now) {
  if (!IsStopdToken(token)) {
    return absl::InvalidArgumentError(
        "that is not a token of stopd: tokens have 64 hexadecimal digits");
  }
  const absl::StatusOr<Folders> folders = OpenFolders(options);
  if (!folders.ok()) return folders.status();
  Redeemed redeemed;
  redeemed.token = token;
  absl::StatusOr<std::optional<JournalEntry>> entry = FindEntry(folders->top, token);
  if (!entry.ok()) return entry.status();
  redeemed.entry = *std::move(entry);
  ReadRecord(folders->records, redeemed);
  redeemed.next_hops = ReadNextHops(folders->records, redeemed.token);
  const bool found = redeemed.entry.has_value() || redeemed.state != RecordState::kNone;
  const absl::Status audited =
      Audit(folders->top, token, found ? RecordStateName(redeemed.state) : "unknown token", now);
  if (!audited.ok()) {
    return absl::UnavailableError(
        fmt::format("nothing is shown, because the redemption cannot be logged: {}",
                    std::string(audited.message())));
  }
  if (!found) {
    return absl::NotFoundError("this host gave out no such token, or its time is long over");
  }
  return redeemed;
}

absl::StatusOr<std::vector<ListedToken>> List(const Options& options) {
  const absl::StatusOr<Folders> folders = OpenFolders(options);
  if (!folders.ok()) return folders.status();
  std::vector<ListedToken> listed;
  absl::flat_hash_map<std::string, size_t> places;
  const absl::Status read =
      ForEachJournalLine(folders->top, [&](const std::string&, std::string_view line) {
        std::optional<JournalEntry> entry = ParseJournalLine(line);
        if (!entry.has_value()) return;
        const auto known = places.find(entry->token);
        if (entry->expired) {
          if (known != places.end()) listed[known->second].entry.expired = true;
          return;
        }
        places[entry->token] = listed.size();
        listed.push_back({.entry = *std::move(entry)});
      });
  if (!read.ok()) return read;
  folders->records.ForEachFile([&](const FileFacts& file) {
    const std::optional<std::string> token = TokenOfFile(file.name);
    if (!token.has_value() || places.contains(*token)) return;
    // Its journal is gone, or the daemon was killed before it gave the token out.
    JournalEntry entry;
    entry.token = *token;
    entry.kind = JournalEntry::Kind::kRecord;
    entry.asked.time = file.modified;
    listed.push_back({.entry = std::move(entry)});
  });
  for (ListedToken& each : listed) {
    each.state = StateOf(folders->records, each.entry);
    each.next_hops = ReadNextHops(folders->records, each.entry.token).size();
  }
  return listed;
}

}  // namespace cairn::tokens
