// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/journal_count.h"

#include <optional>
#include <string>

#include "traceback/tokens/journal.h"
#include "traceback/tokens/journal_notes.h"
#include "traceback/tokens/record_file.h"

namespace cairn::tokens {
namespace {

void CountFiles(const std::string& token, const IpAddress& asker, std::optional<uint32_t> uid,
                const Folder& records, Ledger& ledger) {
  uint64_t bytes = DiskBytes(records.Look(NextName(token)).bytes);
  for (const bool is_packed : {false, true}) {
    bytes += DiskBytes(records.Look(RecordName(token, is_packed)).bytes);
  }
  if (bytes > 0) ledger.AddFiles(token, asker, bytes, uid);
}

// The note that a line is about an answer or a record, with its token; unset: it is another.
std::optional<JournalNote> NoteOfToken(std::string_view line) {
  std::optional<JournalNote> note = ParseNote(line);
  if (note.has_value() && !IsStopdToken(note->token)) note.reset();
  return note;
}

}  // namespace

void CountLine(std::string_view line, const Folder& records, Ledger& ledger) {
  if (const std::optional<JournalEntry> entry = ParseJournalLine(line)) {
    if (entry->expired) return;
    const IpAddress& asker = entry->asked.asker.ip;
    ledger.AddLine(asker, line.size() + 1);
    const bool is_record = entry->kind == JournalEntry::Kind::kRecord;
    if (!is_record && !stop::IsRecursive(entry->asked.type)) return;
    const bool is_users = is_record && entry->knows_user;
    CountFiles(entry->token, asker, is_users ? std::optional(entry->uid) : std::nullopt, records,
               ledger);
  } else if (const std::optional<JournalNote> note = NoteOfToken(line)) {
    const std::optional<IpAddress> asker = ledger.AskerOf(note->token);
    if (note->kind == JournalNote::Kind::kAnswer && asker.has_value()) {
      ledger.AddLine(*asker, line.size() + 1);
    } else if (note->kind == JournalNote::Kind::kFound) {
      CountFiles(note->token, IpAddress(), std::nullopt, records, ledger);
    }
  }
}

void UncountLine(std::string_view line, Ledger& ledger) {
  if (const std::optional<JournalEntry> entry = ParseJournalLine(line)) {
    if (!entry->expired) ledger.RemoveLine(entry->asked.asker.ip, line.size() + 1);
  } else if (const std::optional<JournalNote> note = NoteOfToken(line)) {
    const std::optional<IpAddress> asker = ledger.AskerOf(note->token);
    if (note->kind == JournalNote::Kind::kAnswer && asker.has_value()) {
      ledger.RemoveLine(*asker, line.size() + 1);
    }
  }
}

void NoteUnnamedRecords(const Folder& records, PacketTime now, Ledger& ledger,
                        JournalWriter& journal) {
  records.ForEachFile([&](const FileFacts& file) {
    const std::optional<std::string> token = TokenOfFile(file.name);
    if (!token.has_value() || ledger.HasFiles(*token)) return;
    ledger.AddFiles(*token, IpAddress(), DiskBytes(file.bytes));
    journal.AppendLater({.kind = JournalNote::Kind::kFound, .time = now, .token = *token});
  });
}

}  // namespace cairn::tokens
