// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_SERVER_SURVEY_H_
#define CAIRN_SURVEYS_SERVER_SURVEY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/session_record.h"
#include "surveys/row_and_address.h"

namespace cairn::surveys {

struct ServerClient {
  IpAddress client;
  uint64_t sessions = 0;
};

// One address and port that accepted sessions.
struct ServerRow {
  Endpoint server;
  uint64_t accepted = 0;
  uint64_t failed = 0;     // attempts that it rejected or did not answer
  uint64_t transient = 0;  // accepted sessions of a server for one session
  uint64_t clients = 0;    // unique addresses whose sessions it accepted
  PacketTime first;        // when the first and the last accepted session began
  PacketTime last;
  uint64_t client_bytes = 0;  // by sequence numbers, of the accepted sessions
  uint64_t server_bytes = 0;
  std::vector<ServerClient> frequent;  // most sessions first, then lowest address; at most three
  // Sessions of clients that found no room: `clients` is a lower bound.
  uint64_t not_told_apart = 0;
};

struct ServerQuery {
  uint64_t least_clients = 0;
  size_t limit = SIZE_MAX;
};

struct ServerReport {
  std::vector<ServerRow> rows;  // most accepted sessions first, then by address and port
  uint64_t more = 0;            // rows beyond the limit
};

// The active servers, and who uses them.  In one pass, in any order of the sessions.
//
// Thread-compatible.  Add: O(1).  Memory: 29 to 58 bytes for each server and client; 150 to 200 for
// each server; 33 to 66 for each address and port of which only failures were seen.
class ServerSurvey {
 public:
  struct Limits {
    size_t servers = 2'000'000;
    size_t clients = 20'000'000;  // servers and clients
    size_t failed = 7'000'000;    // addresses and ports of which only failures were seen
  };
  // What found no room, in sessions.
  struct LeftOut {
    uint64_t servers = 0;  // of further servers: not counted at all
    uint64_t clients = 0;  // counted, but not their clients
    uint64_t failed = 0;   // attempts that failed where no server had been seen
  };

  ServerSurvey() : ServerSurvey(Limits{}) {}
  explicit ServerSurvey(const Limits& limits) : limits_(limits) {}

  void Add(const SessionRecord& session);
  ServerReport Report(const ServerQuery& query) const;

  const LeftOut& left_out() const { return left_out_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  void AddFailed(const Endpoint& server);
  void AddAccepted(const SessionRecord& session);
  // The number of a server; kNone: it found no room.
  uint32_t NumberOf(const Endpoint& server);
  void CountClient(uint32_t number, const IpAddress& client);

  const Limits limits_;
  std::vector<ServerRow> rows_;
  absl::flat_hash_map<Endpoint, uint32_t> number_of_;
  absl::flat_hash_map<RowAndAddress, uint32_t> clients_;
  absl::flat_hash_map<Endpoint, uint32_t> failed_;  // where none has accepted yet
  LeftOut left_out_;
};

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_SERVER_SURVEY_H_
