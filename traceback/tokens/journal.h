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

// The journal: a line for every token that was given out, and for every record that was deleted
// when its time was over.
namespace cairn::tokens {

inline constexpr char kJournal[] = "journal.jsonl";
inline constexpr char kRedemptions[] = "redemptions.jsonl";

// One line.
std::string JournalLine(const JournalEntry& entry);
std::string ExpiryLine(const std::string& token, PacketTime now);
// Unset: it is none.  An expiry is an entry with `expired` and no more than its token.
std::optional<JournalEntry> ParseJournalLine(std::string_view line);

std::string NextHopLine(const NextHop& hop);
std::optional<NextHop> ParseNextHop(std::string_view line);

// The journal's files, oldest first.
std::vector<std::string> JournalNames(const Folder& folder);
// The name under which a full journal is put aside.
std::string JournalName(PacketTime now);
bool IsJournal(std::string_view name);

// Calls `visit` with each line of all the journal's files, oldest first.  A last line without an
// end is being written, or was cut: it is passed over.  Memory: one file.
absl::Status ForEachJournalLine(const Folder& folder,
                                const std::function<void(std::string_view line)>& visit);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_JOURNAL_H_
