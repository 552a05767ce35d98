// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_TRACE_JSON_H_
#define CAIRN_OUTPUT_TRACE_JSON_H_

#include <cstdint>
#include <map>
#include <string>

#include "detector/findings/traceback_event.h"
#include "nlohmann/json.hpp"
#include "output/summary.h"

namespace cairn::output {

// In the form of docs/alerts.schema.json, keys in a fixed order.  No key has the name of one by
// which other events tell a connection or a list of them (alert_book.h).
nlohmann::ordered_json TraceJson(const TraceHop& event);
nlohmann::ordered_json TraceJson(const TraceDone& event);

// For the summary of a run.
nlohmann::ordered_json TracingJson(const TracingCounters& tracing);
nlohmann::ordered_json CountsJson(const std::map<std::string, uint64_t>& counts);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_TRACE_JSON_H_
