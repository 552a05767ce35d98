// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_FINDINGS_TRACEBACK_EVENT_H_
#define CAIRN_TRACEBACK_FINDINGS_TRACEBACK_EVENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/time.h"

// What came of asking hosts, after an alert, who owns a connection (traceback/): to remember it, or
// to trace the chain that it is of.  Not among the detector's events: what hosts answer, and when,
// no replay repeats.
namespace cairn {

// One question to one host.
struct HostAsked {
  PacketTime time;        // of the alert
  std::string alert_id;   // of the alert
  uint32_t revision = 1;  // likewise
  std::string about;      // which of its connections: "downstream", "upstream"
  IpAddress host;
  std::string request;                            // the line that was sent, or would have been
  uint32_t attempts = 0;                          // connections tried
  PacketTime ended = PacketTime::InfinitePast();  // when the answer came, by the clock
};

// The host remembers, and gave a token for it.
struct StopToken {
  HostAsked asked;
  std::string token;  // or a name, of a host that is an ordinary ident server; any bytes
};

// It did not, or was not asked.
struct StopFailed {
  HostAsked asked;
  // "refused", "unreachable", "timed_out", "closed", "malformed", "error", "not_allowed",
  // "queue_full", "unfinished".
  std::string reason;
  std::string detail;  // for people; any bytes
};

// One trace of a chain, which the agents of its hosts follow (traceback/tracing/).
struct TraceAsked {
  PacketTime time;            // of the alert; of the question, where there is none
  std::string alert_id = {};  // of the alert; empty: somebody asked by hand
  uint32_t revision = 1;      // likewise
  std::string chain = {};     // the incident of the alert; empty: it has none
  std::string trace = {};     // 32 hexadecimal digits; empty: it was not begun
  PacketTime told = PacketTime::InfinitePast();  // when this became known, by the clock
};

// A connection as the host that is spoken of has it.
struct HostConnection {
  Endpoint local;
  Endpoint remote;

  bool operator==(const HostConnection&) const = default;
};

// A process on the way from a connection to what drives it.
struct TraceStep {
  uint32_t pid = 0;
  PacketTime start = PacketTime::InfinitePast();
  std::string user = {};   // effective: its name, or its number
  std::string real = {};   // who started it
  std::string login = {};  // whom the host logged in; empty: not known
  std::string program = {};
  std::string terminal = {};
  std::string how = {};  // it was found
};

// What one host of the chain has told.  Texts are the host's: any bytes.
struct TraceHop {
  TraceAsked asked;
  uint32_t number = 0;   // in the chain, from the asked host on: 1, 2, ...; 0: not of it
  bool verified = true;  // signed by that host, and it follows from the hop before
  std::string why = {};  // it is not verified
  std::optional<IpAddress> told_by = {};  // of what is not: who passed it on
  std::string name = {};                  // of the host
  HostConnection about;
  bool inbound = false;      // the trace begins here: the way in is the connection itself
  std::string finding = {};  // "upstream", "console", "process", "not_known", ...
  std::optional<HostConnection> driven_by = {};
  bool sure = true;
  uint32_t one_of = 1;  // that it may be
  std::vector<TraceStep> steps = {};
  uint32_t steps_left_out = 0;
  std::vector<std::string> gaps = {};              // of what the host could see
  PacketTime looked = PacketTime::InfinitePast();  // by the host's clock
};

// Nothing more comes of the trace.
struct TraceDone {
  TraceAsked asked;
  HostConnection about;  // what was asked about; its local end is the host that was asked first
  // "console", "process", "outside", "no_agent", "silent", "refused", "unproven", "not_known",
  // "closed", "loop", "hops", "time"; empty: nothing is known, see `reason`.
  std::string end = {};
  bool sure = true;  // each hop is; if something is known
  // "no_agent", "silent", "denied", "unproven", "time", "queue_full", "unfinished", "not_allowed";
  // empty: something is known.
  std::string reason = {};
  std::string detail = {};  // for people; any bytes
  uint32_t hops = 0;
  uint32_t rounds_collapsed = 0;
  uint32_t claims = 0;
  std::optional<HostConnection> beyond = {};  // where it goes on, as that host has it
  // Of the last hop that is known.
  std::string last_name = {};
  std::string last_user = {};
  std::string last_terminal = {};
  std::optional<IpAddress> last_host = {};
};

using TracebackEvent = std::variant<StopToken, StopFailed, TraceHop, TraceDone>;

}  // namespace cairn

#endif  // CAIRN_TRACEBACK_FINDINGS_TRACEBACK_EVENT_H_
