// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_JOURNAL_H_
#define CAIRN_TRACEBACK_TOKENS_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "traceback/tokens/redemption.h"
#include "traceback/tokens/store_files.h"
#include "traceback/tokens/token_store.h"

// The journal: a line for every token that was given out, for every answer of a previous host, and
// for every record that was deleted when its time was over.
namespace cairn::tokens {

inline constexpr char kJournal[] = "journal.jsonl";
inline constexpr char kRedemptions[] = "redemptions.jsonl";

// One line, without its place in the chain (chain.h).
std::string JournalLine(const JournalEntry& entry);
std::string ExpiryLine(const std::string& token, PacketTime now);
// Unset: it is none, or one of journal_notes.h.  An expiry is an entry with `expired`, its token
// and, as `asked.time`, when that was.
std::optional<JournalEntry> ParseJournalLine(std::string_view line);

std::string NextHopLine(const NextHop& hop);
std::optional<NextHop> ParseNextHop(std::string_view line);

// The journal's files, oldest first.
std::vector<std::string> JournalNames(const Folder& folder);
// The name under which a full journal is put aside: one that sorts behind `last`, the newest there
// is, also when the clock has been set back.
std::string JournalName(PacketTime now, std::string_view last);
bool IsJournal(std::string_view name);

// Calls `visit` with each line of one file.  A last line without an end is being written, or was
// cut: it is passed over.  Memory: the file.
absl::Status ForEachLine(const Folder& folder, const std::string& name,
                         const std::function<void(std::string_view line)>& visit);
// Calls `visit` with each line of all the journal's files, oldest first, as they are at one moment,
// whatever a daemon writes and rotates meanwhile.
absl::Status ForEachJournalLine(
    const Folder& folder,
    const std::function<void(const std::string& name, std::string_view line)>& visit);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_JOURNAL_H_
