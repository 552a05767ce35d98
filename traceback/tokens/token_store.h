// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_TOKEN_STORE_H_
#define CAIRN_TRACEBACK_TOKENS_TOKEN_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "traceback/tokens/options.h"
#include "traceback/tokens/record.h"

namespace cairn::tokens {

// What a previous host said when it was asked on.
struct NextHop {
  PacketTime time = PacketTime::InfinitePast();
  Endpoint local;      // of the inbound connection, on this host
  Endpoint remote;     // the previous host's end
  std::string result;  // "answered", or as requester::ResultName; "queue_full", "limit"
  std::string token;   // of an answer: the token, or user name
  std::string error;   // of an answer that is an error: "NO-USER", ...
};

// Only grows.
struct StoreCounters {
  uint64_t records = 0;        // saved
  uint64_t records_bytes = 0;  // of them, as they came (before compression)
  uint64_t stored_bytes = 0;   // of them, on disk
  uint64_t idents = 0;         // tokens of ID and ID_REC in the journal
  uint64_t unsaved_quota = 0;  // not saved: the folder is full ...
  uint64_t unsaved_share = 0;  // ... or holds as much as one asker may have it hold ...
  uint64_t unsaved_free = 0;   // ... its file system is nearly full ...
  uint64_t unsaved_fault = 0;  // ... or writing failed
  uint64_t expired = 0;        // records deleted after their retention
  uint64_t next_hops = 0;      // answers of previous hosts attached
};

// The folder of records and the journal of every token that was given out.  The daemon's side: only
// one process may have it open.
//
//   records/TOKEN.json[.gz]   one record, whole or not there: written aside, synced, renamed
//   records/TOKEN.next        what previous hosts answered, a JSON line each
//   journal.jsonl             a line for each token, expiry and loss, oldest first; at
//                             `journal_bytes` put aside as journal-TIME.jsonl
//
// The folder is for root alone (0700).  All is counted against `max_bytes`; records,
// answers and lines also against the share of who asked.  Thread-compatible.
class TokenStore {
 public:
  // Makes the folder where it is missing.  FailedPrecondition: another process has it open.
  // PermissionDenied, ResourceExhausted, Unavailable: as the file system says; a folder that cannot
  // be written is no error here: nothing will be saved, and each Save says why.
  static absl::StatusOr<std::unique_ptr<TokenStore>> Open(const Options& options, PacketTime now);
  ~TokenStore();

  // Saves a record; on disk (synced, with its folder) before the token is returned.  An error says
  // why it was not saved: ResourceExhausted (quota, share, free space, disk full) or Unavailable.
  // Nothing half-written stays.
  absl::StatusOr<std::string> Save(const Record& record);
  // Notes the token of an ID or ID_REC request, and whose connection it is.
  absl::Status NoteIdent(const std::string& token, const Asked& asked, uint32_t uid,
                         std::string_view user);
  // Notes a token behind which there is nothing: no such connection, a cycle, a full store.
  absl::Status NoteEmpty(const std::string& token, const Asked& asked, std::string_view reason);
  // Stores what a previous host answered with the first token.  NotFound: no such token.
  absl::Status Attach(const std::string& token, const NextHop& hop);
  // To be called now and then: deletes what is too old, syncs the journal.
  void Maintain(PacketTime now);

  const StoreCounters& counters() const;
  uint64_t used_bytes() const;

 private:
  class Impl;
  explicit TokenStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_TOKEN_STORE_H_
