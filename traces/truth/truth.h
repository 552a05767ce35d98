// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_TRUTH_TRUTH_H_
#define CAIRN_TRACES_TRUTH_TRUTH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "files/output_guard.h"

// Ground truth of a capture: what really happened in it, connection by connection.
//
// The file is one JSON object, plain or gzip; docs/evaluation.md lists its fields.  Whoever makes a
// capture writes one, and `cairn-lab score` scores a detector against it.
namespace cairn::traces {

// A TCP connection, oriented by its SYN.
struct Link {
  Endpoint orig;
  Endpoint resp;

  constexpr auto operator<=>(const Link&) const = default;
  // "192.0.2.1:40000>198.51.100.7:22".
  std::string ToString() const;
};

// The same connection whichever end is named first: the key for comparing 4-tuples.
Link Unoriented(const Link& link);

// Two connections of one chain.
struct TruthPair {
  Link upstream;                // nearer to the person who types
  Link downstream;              // farther
  std::string kind = "direct";  // "direct": upstream ends where downstream starts; "indirect"
  std::string dirs =
      "in-out";          // "in-out": upstream enters the site, downstream leaves it; "out-in", ...
  bool reverse = false;  // the carrying connection was opened from inside (a reverse tunnel)
  std::string scenario;
  std::string sub;  // the variant within the scenario
  uint64_t session = 0;
  std::vector<uint32_t> legs;  // which legs of the chain, from 1
  uint32_t legs_of_chain = 0;
  PacketDelta overlap;  // both connections open
  PacketDelta work;     // the person's activity that both carried
  uint64_t keys = 0;
  uint64_t down_data_packets = 0;
  uint64_t up_data_packets = 0;
  bool required = true;  // others count neither as hit nor as false alarm
  std::string note;
};

// An innocent pair that is truly correlated (chat fan-out, a relaying server).
struct TruthBenignPair {
  Link a;
  Link b;
  std::string why;
};

struct TruthConnection {
  Link link;
  PacketTime start;
  PacketTime end;
  uint64_t packets = 0;
  uint64_t data_packets = 0;
  uint64_t data_bytes = 0;
  bool syn_seen = true;
  uint64_t session = 0;
  std::string scenario;
  std::string sub;
  std::string role;  // "chain", "bg" (background) or "service"
};

// One hop of a session by host name: from, to, port.
struct TruthLeg {
  std::string from;
  std::string to;
  uint16_t port = 0;
};

// What one person or program did.
struct TruthSession {
  uint64_t session = 0;
  std::string scenario;
  std::string sub;
  std::string role;
  std::string user;
  std::vector<TruthLeg> legs;
  std::optional<PacketTime> start;
  std::optional<PacketTime> work;  // first key
  std::optional<PacketTime> end;
  uint64_t keys = 0;
};

struct TruthHost {
  std::string name;
  IpAddress ip;
  bool inside = false;
};

struct Truth {
  std::string name;
  uint64_t seed = 0;
  PacketTime started;
  PacketTime ended;
  PrefixSet inside_networks;
  std::vector<TruthHost> hosts;
  // Hosts whose terminals all got the same messages at the same moments (`wall`).  Empty: the hosts
  // of the sessions of scenario "bg_wall", variant "idle".
  std::vector<std::string> wall_hosts;
  std::vector<PacketTime> wall_times;
  std::vector<TruthPair> pairs;
  std::vector<TruthBenignPair> benign_correlated;
  std::vector<TruthSession> sessions;
  std::vector<TruthConnection> connections;
};

// Reads a truth file.  Fields that are not in the structs above are ignored; absent ones keep their
// defaults, except what scoring needs: `inside_networks`, `pairs` with both connections,
// `connections` with theirs and their times.
//
// InvalidArgument: the message is "FILE: FIELD: what is wrong"; DataLoss: damaged gzip; NotFound
// and PermissionDenied name the file.  Memory: about ten times the text, which may have up to 512
// MiB.
absl::StatusOr<Truth> ReadTruthFile(const std::string& path);
// The same from text; `name` stands for the file in messages.
absl::StatusOr<Truth> ParseTruth(std::string_view text, std::string_view name);

// The text of a truth file, one record a line.  Times have microseconds (all that a JSON number
// holds exactly).
std::string FormatTruth(const Truth& truth);
// Writes it; gzip when the path ends in ".gz", without a time stamp: same truth, same bytes. Errors
// are the guard's, or Unavailable.
absl::Status WriteTruthFile(const Truth& truth, const std::string& path,
                            const files::OutputGuard& guard = files::OutputGuard());
// The same of a text that somebody else has put together.
absl::Status WriteTruthText(const std::string& text, const std::string& path,
                            const files::OutputGuard& guard);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_TRUTH_TRUTH_H_
