// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_SCAN_SURVEY_H_
#define CAIRN_SURVEYS_SCAN_SURVEY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/session_record.h"
#include "surveys/row_and_address.h"

// Which clients scan: what each client address attempted at each server port, and how it came out.
//
// Source: Heberlein, "Analysis of Session Flow Information: First Experiment", section 6.
namespace cairn::surveys {

// How much a client's failures count.
enum class ScanCounting : uint8_t {
  kConnections,  // failed connections (section 6.1)
  kServers,      // unique servers that failed (section 6.2)
  kUnknown,      // likewise, most where no server was ever known (section 6.3)
};

// Connections, or the unique servers of such connections: sets that may overlap.
struct AttemptCounts {
  uint64_t rejects = 0;  // answered by RST
  uint64_t silents = 0;  // never answered
  uint64_t success = 0;  // accepted
  uint64_t data = 0;     // accepted, and the client sent data

  // The report's Count: an address of both sets counts twice.
  uint64_t failed() const { return rejects + silents; }
  bool operator==(const AttemptCounts&) const = default;
};

// One client address and server port.
struct ScanRow {
  IpAddress client;
  uint16_t port = 0;
  AttemptCounts connections;
  AttemptCounts servers;
  uint64_t unique_servers = 0;  // of any outcome
  uint64_t unknown_failed = 0;  // unique servers that failed and were not known
  uint64_t known_failed = 0;    // unique servers that failed and were known
  // (unknown_failed + weight * known_failed), times the share of the unique servers that never
  // accepted this client.
  double unknown_count = 0;
  // Connections to servers that found no room: the numbers of servers are lower bounds.
  uint64_t not_told_apart = 0;

  double Count(ScanCounting counting) const;
};

// A server is known from `known_within` before the first session that it accepted from anybody to
// `known_within` after the last one.
struct KnownServers {
  PacketDelta known_within = PacketDelta::FromSeconds(7 * 86400);  // to the minute
  double weight = 0.1;  // of a server that failed while it was known; one that was not weighs 1
  bool before_only = false;  // not known before the first session that it accepted
};

struct ScanQuery {
  ScanCounting by = ScanCounting::kUnknown;
  KnownServers known = {};
  double least = 0;        // rows count at least so much, and more than nothing
  bool data_only = false;  // rows whose client sent data to a server (tables 4 and 5)
  // Sorted: where tracing agents listen.  A client that tried them at other hosts of the site
  // alone, and failed at kMostMissingAgents at most, is one itself.
  std::vector<uint16_t> agent_ports = {};
  size_t limit = SIZE_MAX;
};

// Servers, on all agents' ports together.  Agents ask hosts that have opened a session to their
// own; who goes through a network finds more that do not answer.
inline constexpr uint64_t kMostMissingAgents = 16;

struct ScanReport {
  std::vector<ScanRow> rows;  // most first, then by client and port
  uint64_t agents = 0;        // clients some of whose rows were left out as an agent's
  uint64_t more = 0;          // rows beyond the limit
};

// Counts in one pass, in any order of the sessions: a server may be seen to accept before or after
// the failures that it is weighed with.
//
// Thread-compatible.  Add: O(1).  Memory: 33 to 66 bytes for each client, port and server address;
// 100 to 150 for each client and port; 33 to 66 for each server and port that accepted.
class ScanSurvey {
 public:
  struct Limits {
    size_t rows = 4'000'000;       // clients and ports
    size_t attempts = 20'000'000;  // clients, ports and server addresses
    size_t servers = 4'000'000;    // servers and ports that accepted
  };
  // What found no room, in sessions.
  struct LeftOut {
    uint64_t rows = 0;      // of further clients and ports: not counted at all
    uint64_t attempts = 0;  // counted as connections, not as servers
    uint64_t servers = 0;   // accepted by servers that are not taken for known
  };

  ScanSurvey() : ScanSurvey(Limits{}) {}
  // `site`: the networks of the site, for records that do not tell which of their ends lie there.
  explicit ScanSurvey(const Limits& limits, PrefixSet site = {})
      : limits_(limits), site_(std::move(site)) {}

  void Add(const SessionRecord& session);
  ScanReport Report(const ScanQuery& query) const;

  uint64_t sessions() const { return sessions_; }
  uint64_t unjudged() const { return unjudged_; }  // of unknown outcome: not counted
  const LeftOut& left_out() const { return left_out_; }

 private:
  struct Row {
    IpAddress client;
    uint16_t port = 0;
    AttemptCounts connections;
    uint64_t not_told_apart = 0;
    bool within_site = true;  // both ends of each of them
  };
  // Minutes since the epoch.
  struct Stretch {
    int32_t first = INT32_MAX;
    int32_t last = INT32_MIN;
    void Add(int32_t minute);
  };
  struct Attempt {
    Stretch failures;
    uint8_t outcomes = 0;
  };
  struct UniqueCounts {
    std::array<uint32_t, 4> outcomes{};
    uint32_t all = 0;
    uint32_t unknown = 0;
    uint32_t known = 0;
  };

  // Null: it found no room.
  Row* RowOf(const IpAddress& client, uint16_t port, uint32_t& number);
  bool IsKnown(const Endpoint& server, const Stretch& failures, const KnownServers& known) const;
  std::vector<UniqueCounts> CountServers(const KnownServers& known) const;
  // The clients whose failures at `ports` are those of an agent.
  absl::flat_hash_set<IpAddress> AgentsAt(const std::vector<uint16_t>& ports,
                                          const std::vector<UniqueCounts>& counts) const;

  bool IsWithinSite(const SessionRecord& session) const;

  const Limits limits_;
  const PrefixSet site_;
  std::vector<Row> rows_;
  // By a client's address and a server's port.
  absl::flat_hash_map<Endpoint, uint32_t> row_of_;
  absl::flat_hash_map<RowAndAddress, Attempt> attempts_;
  absl::flat_hash_map<Endpoint, Stretch> accepted_;
  uint64_t sessions_ = 0;
  uint64_t unjudged_ = 0;
  LeftOut left_out_;
};

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_SCAN_SURVEY_H_
