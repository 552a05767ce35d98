// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as files of the token store, which somebody may have altered: a record, a line of the
// journal, an answer of a previous host.  What can be read is written and read back the same, and
// can be shown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "traceback/tokens/chain_check.h"
#include "traceback/tokens/journal.h"
#include "traceback/tokens/journal_notes.h"
#include "traceback/tokens/record.h"
#include "traceback/tokens/redemption.h"

using namespace cairn::tokens;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto record = RecordFromJson(text); record.ok()) {
    const std::string json = RecordToJson(*record);
    const auto again = RecordFromJson(json);
    if (!again.ok() || RecordToJson(*again) != json) std::abort();
    Redeemed redeemed;
    redeemed.record = *std::move(record);
    for (const char c : RedeemedText(redeemed)) {
      if ((c < ' ' && c != '\n') || c > '~') std::abort();
    }
    RedeemedJson(redeemed);
  }
  if (const auto entry = ParseJournalLine(text); entry.has_value() && !entry->expired) {
    const std::string line = JournalLine(*entry);
    const auto again = ParseJournalLine(line);
    if (!again.has_value() || JournalLine(*again) != line) std::abort();
  }
  if (const auto note = ParseNote(text)) {
    const auto again = ParseNote(NoteLine(*note));
    if (!again.has_value() || NoteLine(*again) != NoteLine(*note)) std::abort();
  }
  if (const auto link = ParseLink(text)) {
    if (link->number == 0 || link->previous.size() != kNoHash.size()) std::abort();
  }
  ChainCheck check({});
  check.Line("journal.jsonl", text);
  check.Line("journal.jsonl", text);
  check.Report({});
  if (const auto hop = ParseNextHop(text)) {
    if (!ParseNextHop(NextHopLine(*hop)).has_value()) std::abort();
  }
  return 0;
}
