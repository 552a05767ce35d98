// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_FINDINGS_TRACE_TEXT_H_
#define CAIRN_TRACEBACK_FINDINGS_TRACE_TEXT_H_

#include <string>

#include "traceback/findings/traceback_event.h"

// Traces in words, for people; plain ASCII, whatever hosts have sent.
namespace cairn {

// "10.10.0.2:40022 -> 172.16.0.3:22".
std::string PathText(const HostConnection& connection);
// "hop 1, b: alice by /usr/bin/ssh on pts/1; comes from 172.16.0.2:41234".
std::string HopText(const TraceHop& hop);
// "2 hops, to a user at a terminal: alice on a (pts/0)", or why nothing is known.
std::string DoneText(const TraceDone& done);
// For an incident: "alice on a, at a terminal (pts/0)"; empty: nothing is known.
std::string OriginText(const TraceDone& done);

}  // namespace cairn

#endif  // CAIRN_TRACEBACK_FINDINGS_TRACE_TEXT_H_
