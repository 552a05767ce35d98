// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_FINDINGS_TRACEBACK_JSON_H_
#define CAIRN_TRACEBACK_FINDINGS_TRACEBACK_JSON_H_

#include <string>

#include "json/line.h"
#include "traceback/findings/traceback_event.h"

namespace cairn {

// What came of asking a host, as JSON in the form of docs/alerts.schema.json.
json::Ordered ToJson(const StopToken& event);
json::Ordered ToJson(const StopFailed& event);
json::Ordered ToJson(const TraceHop& event);
json::Ordered ToJson(const TraceDone& event);

// Any of them, as one line with its line feed.  The same event always gives the same bytes.
std::string ToJsonLine(const TracebackEvent& event);

}  // namespace cairn

#endif  // CAIRN_TRACEBACK_FINDINGS_TRACEBACK_JSON_H_
