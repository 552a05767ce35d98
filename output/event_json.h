// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_EVENT_JSON_H_
#define CAIRN_OUTPUT_EVENT_JSON_H_

#include <string>

#include "output/any_event.h"

namespace cairn::output {

// The event as one line of JSON in the form of docs/alerts.schema.json, with its line feed.  Keys
// stand in a fixed order, times are UTC with nanoseconds, lags are milliseconds rounded to 1 us:
// the same event always gives the same bytes.  Text that is not valid UTF-8 (a policy's words) is
// repaired with U+FFFD.
std::string ToJsonLine(const AnyEvent& event);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_EVENT_JSON_H_
