// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_RECORD_H_
#define CAIRN_TRACEBACK_TOKENS_RECORD_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/host/snapshot.h"
#include "traceback/stop/message.h"

// What is saved on request, and its form on disk.
namespace cairn::tokens {

// Who asked about which connection.
struct Asked {
  PacketTime time = PacketTime::InfinitePast();
  Endpoint asker;
  stop::RequestType type = stop::RequestType::kIdent;
  uint32_t session_id = 0;
  bool names_address = false;  // the request named the far address, so the reply was a token
  Endpoint local;              // of the connection in question
  Endpoint remote;
};

// The record behind a token of SV and SV_REC.
struct Record {
  std::string nonce;  // 128 random bits, 32 hexadecimal digits: nobody can guess the token
  Asked asked;
  host::Direction direction = host::Direction::kUnknown;  // of the connection in question
  uint32_t socket_uid = 0;                                // who opened its socket
  host::Snapshot snapshot;
};

inline constexpr char kRecordSchema[] = "stopd/1";

// The record as one JSON object that ends with a line feed; docs/stopd-record.schema.json has its
// form.  The same record gives the same bytes.  Text that is not valid UTF-8 (names of processes
// and files) is repaired with U+FFFD.
std::string RecordToJson(const Record& record);
// InvalidArgument: it is none.  Whatever the bytes are, time and memory are linear in them.
absl::StatusOr<Record> RecordFromJson(std::string_view json);

// The token of a record: SHA-256 of those bytes, 64 hexadecimal digits.
std::string TokenOf(std::string_view json);
// As long, of random bits from the kernel.
std::string RandomToken();
// 64 hexadecimal digits, lower case: the form of every token that stopd gives out.
bool IsStopdToken(std::string_view text);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_RECORD_H_
