// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ASKER_TRACE_EVENTS_H_
#define CAIRN_TRACEBACK_TRACING_ASKER_TRACE_EVENTS_H_

#include <optional>
#include <variant>

#include "base/time.h"
#include "traceback/findings/traceback_event.h"
#include "traceback/tracing/asker/trace_asker.h"

namespace cairn::tracing {

// What is asked about, from the first question to the end.
struct TraceSubject {
  TraceAsked asked;      // without `trace` and `told`
  HostConnection about;  // as the host that is asked first has it
  std::optional<CheckedFact> last_hop = {};
  bool sure = true;  // each hop so far
};

// The event for the outputs; unset: it is none for them.  `now`: the time of day.  Learns the
// trace's id and its last hop from what passes.
std::optional<TracebackEvent> ToTracebackEvent(const AskEvent& event, PacketTime now,
                                               TraceSubject& subject);
// Of a trace that was not asked for.
TraceDone NotAsked(const TraceSubject& subject, PacketTime now, std::string reason,
                   std::string detail);
// Whether nothing more comes.
inline bool IsLast(const TracebackEvent& event) { return std::holds_alternative<TraceDone>(event); }

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ASKER_TRACE_EVENTS_H_
