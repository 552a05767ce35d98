// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_JOURNAL_COUNT_H_
#define CAIRN_TRACEBACK_TOKENS_JOURNAL_COUNT_H_

#include <string_view>

#include "base/time.h"
#include "traceback/tokens/journal_writer.h"
#include "traceback/tokens/ledger.h"
#include "traceback/tokens/store_files.h"

namespace cairn::tokens {

// Adds to the ledger what one line of the journal costs its asker, with the files of its token in
// `records`.  For lines in their order, when the store is opened.
void CountLine(std::string_view line, const Folder& records, Ledger& ledger);
// Takes the line itself from the ledger, when its file is deleted.
void UncountLine(std::string_view line, Ledger& ledger);
// Has records noted that no line names: a kill may come between a record and its line; then nobody
// has its token.  Requires: all lines have been counted.
void NoteUnnamedRecords(const Folder& records, PacketTime now, Ledger& ledger,
                        JournalWriter& journal);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_JOURNAL_COUNT_H_
