// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_FINDINGS_SESSION_RECORD_H_
#define CAIRN_DETECTOR_FINDINGS_SESSION_RECORD_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/tcp_flags.h"
#include "base/time.h"
#include "base/tunnel.h"

// The record of one TCP session: a connection, or an attempt at one.  What
// detector/sensor/sessions/ makes, output/sessions/ writes and reads, and surveys/ counts.
//
// Source: Heberlein, "Analysis of Session Flow Information: First Experiment", section 3 (the 25
// features, marked [1] to [25] below) and its lessons learned (section 8.1).
namespace cairn {

enum class Side : uint8_t { kClient, kServer };
std::string_view SideName(Side side);  // "client", "server"
std::optional<Side> SideFromName(std::string_view name);
constexpr Side Opposite(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }

// The state a connection was left in, by the names of Zeek's conn.log.
enum class ConnState : uint8_t {
  kS0,      // an attempt without an answer
  kS1,      // established, not ended
  kSf,      // established and ended by both
  kRej,     // attempt rejected
  kS2,      // established, closed by the client only
  kS3,      // established, closed by the server only
  kRsto,    // established, reset by the client
  kRstr,    // reset by the server
  kRstos0,  // the client sent SYN and RST, and had no answer
  kRstrh,   // the server sent SYN-ACK and RST, and no SYN was seen
  kSh,      // the client sent SYN and FIN, and had no answer
  kShr,     // the server sent SYN-ACK and FIN, and no SYN was seen
  kOth,     // no SYN: picked up in mid-stream
};
std::string_view ConnStateName(ConnState state);  // "S0", "SF", "REJ", ...
std::optional<ConnState> ConnStateFromName(std::string_view name);

// Why a connection ended, and so why its record was written.
enum class SessionEnd : uint8_t {
  kClosed,        // FIN both ways
  kReset,         // RST
  kTimeout,       // silent for longer than its phase allows
  kEvicted,       // the table was full: more may have followed
  kReused,        // a new connection took the same addresses and ports
  kEndOfCapture,  // still open when the input ended
  kInterim,  // of records only: still open; a later record of the same session takes this one's
             // place
};
std::string_view SessionEndName(SessionEnd end);  // "closed", ..., "end_of_capture", "interim"
std::optional<SessionEnd> SessionEndFromName(std::string_view name);

std::string_view TunnelName(Tunnel tunnel);  // "", "ip_in_ip", "gre", "vxlan", "geneve"
std::optional<Tunnel> TunnelFromName(std::string_view name);

// What one side sent.
struct SessionSide {
  Endpoint end;                // [3] to [6]
  uint8_t first_flags = 0;     // [10] [11] TcpFlag bits of its first segment
  uint8_t flags = 0;           // [12] [13] of all its segments
  uint64_t payload_bytes = 0;  // [14] [15] as captured, repeats included
  uint64_t packets = 0;        // [16] [17]
  uint32_t first_seq = 0;      // [18] [19] of its first segment: the initial one if that is a SYN
  uint32_t last_seq = 0;       // [20] [21] of its last segment
  // [24] [25] of the first data: similar data, near values (capture/fingerprint.h).  Unset: not
  // asked for, no data, or the capture does not hold them.
  std::optional<int32_t> fingerprint;

  // Whether `end` lies within the protected networks; unset when there are none, or the file that
  // the record was read from does not tell.
  std::optional<bool> local = std::nullopt;

  // Payload by sequence numbers: SYN and FIN taken off, repeats counted once, gaps in the capture
  // filled.  bytes = payload_bytes - retransmitted_bytes + missed_bytes.
  uint64_t bytes = 0;
  uint64_t retransmitted_bytes = 0;    // captured more than once, or sent after its FIN
  uint64_t retransmitted_packets = 0;  // that held such bytes
  uint64_t missed_bytes = 0;           // sent, by what followed, and not captured
  uint64_t unbelieved_packets = 0;     // that their receiver ignores (connections/observation.h)
  uint32_t onsets = 0;                 // ends of idle periods, but those by its own clock
  // Share of the session's duration that lies in pauses without new data that are longer than the
  // idle threshold: near 1 where a person types, near 0 in a transfer.
  double off_share = 0;
  // The least round trip between the capture point and this side.  It bounds the true one from
  // above.
  std::optional<PacketDelta> round_trip;

  bool operator==(const SessionSide&) const = default;
};

// One TCP session.  A plain value.
struct SessionRecord {
  uint64_t id = 0;  // [1] counts the sessions of a run by their first segments, from 1
  // [2] that client and server are what they are said to be: 2 by a SYN or SYN-ACK; 1 by the known
  // servers, or because one port is below 1024 and the other is not; 0 by a guess, the lower port
  // or, between equal ports, the order of packets.
  uint8_t server_confidence = 0;
  bool transient_server = false;    // [7] a server for one session, as FTP's data connections have
  bool inbound = false;             // [8] from outside the protected networks to inside
  bool full_analysis = false;       // [9] its onsets were compared with those of other connections
  std::array<SessionSide, 2> side;  // [kClient], [kServer]
  PacketTime first_time;            // [22]
  PacketTime last_time;             // [23]

  SessionEnd end = SessionEnd::kEndOfCapture;
  ConnState state = ConnState::kOth;
  // What happened, in order, a letter each time something happened first; the client's in capitals.
  // As Zeek's (docs/sessions.md has the letters).
  std::string history;
  std::optional<Side> closed_by;      // who sent the first FIN or RST
  std::optional<Side> first_data_by;  // who sent the first data
  std::optional<uint16_t> vlan;       // the outermost tag's number, of the first segment
  Tunnel tunnel = Tunnel::kNone;      // the innermost tunnel around the first segment
  std::vector<std::string> alerts;    // of the alerts that name this session, at most 16

  SessionSide& client() { return side[0]; }
  const SessionSide& client() const { return side[0]; }
  SessionSide& server() { return side[1]; }
  const SessionSide& server() const { return side[1]; }
  PacketDelta duration() const { return last_time - first_time; }

  bool operator==(const SessionRecord&) const = default;
};

// How an attempt at a connection came out (Heberlein, section 6).
enum class AttemptOutcome : uint8_t {
  kAccepted,  // the server sent SYN-ACK, or both sides were seen in mid-stream
  kRejected,  // the server answered with RST
  kSilent,    // the server never answered
  kUnknown,   // the client was never seen, or nothing tells
};
AttemptOutcome OutcomeOfAttempt(const SessionRecord& session);

}  // namespace cairn

#endif  // CAIRN_DETECTOR_FINDINGS_SESSION_RECORD_H_
