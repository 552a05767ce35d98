// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_REPORTS_TIMELINE_REPORT_H_
#define CAIRN_SURVEYS_REPORTS_TIMELINE_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "output/terminal.h"
#include "surveys/session_timeline.h"

// One host's sessions in the order of time, for people and programs (docs/sessions-surveys.md).
// Thread-safe, linear in the sessions, the same bytes for the same report.
namespace cairn::output {

struct TimelineReport {
  std::optional<IpAddress> host = {};  // unset: the sessions of a chain, of any hosts
  std::string alert = {};              // or chain; empty: none
  PacketTime zero;                     // what relative times are told from
  std::vector<surveys::TimelineEntry> entries = {};
  uint64_t more = 0;  // sessions that are not listed
};

// A length of time with its sign: "+00:01:02", "-26:00:00".
std::string RelativeTime(PacketDelta length);

//   TIME        DIR PEER        PORT STATE LENGTH SENT RECEIVED ONSETS OFF
//   -00:00:31   in  172.16.4.2    22 SF    2 min  1.2k     3.4k     18 87%
//   +00:00:00 * out 172.16.2.2    22 SF    1 min  ...
//
// DIR is the side from which the session was opened, PORT the server's, SENT what the host sent;
// ONSETS and OFF are of the client: pauses that ended, and the share of time in pauses, near 100 %
// where a person types.  '*': the alert names it.  Empty for no session.
//
// The sessions of a chain have CLIENT and SERVER in place of DIR and PEER, and SENT is the
// client's.
std::string TimelineTable(const TimelineReport& report, TerminalStyle style);
// A row a line, RFC 4180, with a header.
std::string TimelineCsv(const TimelineReport& report);
// One object a line: "event": "host_session".
std::string TimelineJson(const TimelineReport& report);
// One SVG document: each session a line from its beginning to its end (or a dot), the first at
// the bottom.
std::string TimelineChart(const TimelineReport& report);

}  // namespace cairn::output

#endif  // CAIRN_SURVEYS_REPORTS_TIMELINE_REPORT_H_
