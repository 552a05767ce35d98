// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_FINDINGS_TRACEBACK_EVENT_H_
#define CAIRN_DETECTOR_FINDINGS_TRACEBACK_EVENT_H_

#include <cstdint>
#include <string>
#include <variant>

#include "capture/address.h"
#include "capture/time.h"

// What came of asking a host, after an alert, to remember who owns a connection (traceback/).  Not
// among the detector's events: what hosts answer, and when, no replay repeats.
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

using TracebackEvent = std::variant<StopToken, StopFailed>;

}  // namespace cairn

#endif  // CAIRN_DETECTOR_FINDINGS_TRACEBACK_EVENT_H_
