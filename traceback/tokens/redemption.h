// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_REDEMPTION_H_
#define CAIRN_TRACEBACK_TOKENS_REDEMPTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "traceback/tokens/options.h"
#include "traceback/tokens/record.h"
#include "traceback/tokens/token_store.h"

// The administrator's side of the token store; works beside a running daemon.
namespace cairn::tokens {

// One token of the journal.
struct JournalEntry {
  std::string token;
  Asked asked;
  enum class Kind : uint8_t { kRecord, kIdent, kEmpty } kind = Kind::kEmpty;
  bool knows_user = false;  // whose connection it was: `uid`, and `user` if that has a name
  uint32_t uid = 0;
  std::string user;
  std::string reason;    // of kEmpty
  bool expired = false;  // its record was deleted after the retention
};

enum class RecordState : uint8_t {
  kIntact,   // the record's hash is the token
  kAltered,  // it is not
  kMissing,  // a record was saved, and is not there
  kExpired,  // it was deleted after its retention
  kNone,     // nothing was saved for this token
};
std::string_view RecordStateName(RecordState state);  // "intact", "altered", "missing", ...

struct Redeemed {
  std::string token;
  RecordState state = RecordState::kNone;
  std::optional<JournalEntry> entry;
  std::optional<Record> record;  // of an intact record; of an altered one as far as it can be read
  std::vector<NextHop> next_hops;
};

// Looks a token up, after an entry in the audit log (redemptions.jsonl in the folder: when, who by
// login uid, user and SUDO_USER, which token, what was found).  PermissionDenied: the folder cannot
// be read.  Unavailable: the audit log cannot be written; then nothing is told.  NotFound: no such
// token (the attempt is logged, too).  InvalidArgument: it is none.
absl::StatusOr<Redeemed> Redeem(const Options& options, std::string_view token, PacketTime now);

// Every token of the journal, oldest first, and records that the journal does not name.
struct ListedToken {
  JournalEntry entry;
  RecordState state = RecordState::kNone;  // not kAltered: contents are not read
  uint64_t next_hops = 0;
};
absl::StatusOr<std::vector<ListedToken>> List(const Options& options);

// For people, at most 100 columns wide where possible; everything in names but printable ASCII is
// shown as '?'.  The process tree, where the session came from, the tokens of previous hosts.
std::string RedeemedText(const Redeemed& redeemed);
// One JSON object that ends with a line feed.
std::string RedeemedJson(const Redeemed& redeemed);
// All tokens: a table, and a JSON line each.
std::string ListText(const std::vector<ListedToken>& listed);
std::string ListJson(const std::vector<ListedToken>& listed);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_REDEMPTION_H_
