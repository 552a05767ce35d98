// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_TOKEN_STORE_H_
#define CAIRN_TRACEBACK_TOKENS_TOKEN_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "traceback/tokens/chain.h"
#include "traceback/tokens/options.h"
#include "traceback/tokens/record.h"
#include "traceback/tokens/store_counters.h"

namespace cairn::tokens {

// What a previous host said when it was asked on.
struct NextHop {
  PacketTime time = PacketTime::InfinitePast();
  Endpoint local;   // of the inbound connection, on this host
  Endpoint remote;  // the previous host's end
  std::string
      result;  // "answered", or as requester::ResultName; "queue_full", "limit", "not_allowed"
  std::string token;  // of an answer: the token, or user name
  std::string error;  // of an answer that is an error: "NO-USER", ...
};

// The folder of records and the journal of every token that was given out.  The daemon's side: only
// one process may have it open.
//
//   records/TOKEN.json[.gz]   one record, whole or not there: written aside, synced, renamed
//   records/TOKEN.next        what previous hosts answered, a JSON line each
//   journal.jsonl             a line for each token, answer, expiry and loss, oldest first, in a
//                             chain (chain.h); at `journal_bytes` put aside as journal-TIME.jsonl
//   reserve                   room that is held for when somebody fills the disk (reserve.h)
//
// The folder is for root alone (0700), and nothing is written while others could change it or a
// folder above it (folder_checks.h).  All but the reserve is counted against `max_bytes`; records,
// answers and lines also against the share of who asked.  Thread-compatible.
class TokenStore {
 public:
  // Makes the folder where it is missing.  FailedPrecondition: another process has it open, or
  // others could change it.  PermissionDenied, ResourceExhausted, Unavailable: as the file system
  // says; a folder that cannot be written is no error here: nothing will be saved, and each Save
  // says why.  Reads the whole journal, once.
  static absl::StatusOr<std::unique_ptr<TokenStore>> Open(const Options& options, PacketTime now);
  ~TokenStore();

  // Saves a record; it is on disk (synced, with its folder) when the token is returned, and its
  // line in the journal after the next Sync().  One that is larger than `max_record_bytes` is saved
  // without what is farthest off (record_size.h).  `user`: the name of `socket_uid`, if it has one.
  // An error says why it was not saved: ResourceExhausted (quota, share, free space, disk full),
  // FailedPrecondition (folder_checks.h) or Unavailable.  Nothing half-written stays.
  absl::StatusOr<std::string> Save(const Record& record, std::string_view user = {});
  // Notes the token of an ID or ID_REC request, and whose connection it is.
  absl::Status NoteIdent(const std::string& token, const Asked& asked, uint32_t uid,
                         std::string_view user);
  // Notes a token behind which there is nothing: no such connection, a cycle, a full store.
  absl::Status NoteEmpty(const std::string& token, const Asked& asked, std::string_view reason);
  // The same of a record that could not be saved: whose connection it was is kept all the same.
  absl::Status NoteUnsaved(const std::string& token, const Asked& asked, uint32_t uid,
                           std::string_view user, std::string_view reason);
  // Stores what a previous host answered with the first token; on disk when this returns.
  // NotFound: no such token.
  absl::Status Attach(const std::string& token, const NextHop& hop);
  // All that was saved and noted is on disk after this.  To be called before tokens are given out,
  // once for all that wait.
  absl::Status Sync();
  // To be called now and then: deletes what is too old, refills the reserve.
  void Maintain(PacketTime now);

  // The last line of the journal.
  ChainHead head() const;
  const StoreCounters& counters() const;
  uint64_t used_bytes() const;

 private:
  class Impl;
  explicit TokenStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_TOKEN_STORE_H_
