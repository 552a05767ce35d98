// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_JOURNAL_NOTES_H_
#define CAIRN_TRACEBACK_TOKENS_JOURNAL_NOTES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

// Lines of the journal that name no token that was given out, but what happened to the store.
namespace cairn::tokens {

struct JournalNote {
  enum class Kind : uint8_t {
    kStart,            // the chain begins; `lines` stood there before, of hash `hash` together
    kCut,              // the end of a line was missing: `bytes` of it, of hash `hash`, were removed
    kAnswer,           // `next` was attached to `token`, as a line of hash `hash`
    kAnswerLost,       // but then it could not be written
    kAnswersExpired,   // the answers to `token` were deleted after their retention
    kFound,            // there was a record of `token`, and no line: a kill came between the two
    kJournalExpired,   // the journal `name` was deleted; its last line had number `last`, hash
                       // `hash`
    kChangedByOthers,  // the journal had `bytes` bytes, and not what was written to it
  } kind = Kind::kStart;
  PacketTime time = PacketTime::InfinitePast();
  std::string token = {};
  std::string name = {};
  std::string hash = {};
  std::string next = {};  // NextHopLine()
  uint64_t lines = 0;
  uint64_t bytes = 0;
  uint64_t last = 0;  // 0: it was from before the chain
};

// With its line feed, and without its place in the chain.
std::string NoteLine(const JournalNote& note);
// Unset: it is none.
std::optional<JournalNote> ParseNote(std::string_view line);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_JOURNAL_NOTES_H_
