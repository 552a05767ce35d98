// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_JSON_LINES_H_
#define CAIRN_OUTPUT_JSON_LINES_H_

#include <string>

#include "absl/status/status.h"

#include "base/event_schema.h"
#include "capture/clock_step.h"
#include "detector/findings/event.h"
#include "output/line_writer.h"
#include "output/score_history.h"
#include "traceback/findings/traceback_event.h"
#include "traceback/findings/traceback_json.h"

namespace cairn::output {

// The event as one line of JSON in the form of docs/alerts.schema.json, with its line feed.  Keys
// stand in a fixed order, times are UTC with nanoseconds, lags are milliseconds rounded to 1 us:
// the same event always gives the same bytes.  Text that is not valid UTF-8 (a policy's words) is
// repaired with U+FFFD.
std::string ToJsonLine(const Event& event);

// What came of asking a host, likewise.
using cairn::ToJsonLine;

// A step of the capture's clock, likewise.
std::string ToJsonLine(const capture::ClockStep& step);

// A host's score likewise, in the form of docs/relay-scores.schema.json.
std::string ToJsonLine(const HostScore& score);

// A host with its best score and all that are kept, as `cairn relays` prints it.
std::string ToJsonLine(const HostHistory& host);

// Writes each event as one JSON line, at once.  Errors are the writer's.
class JsonLines : public EventSink {
 public:
  // Requires: `writer` outlives this.
  explicit JsonLines(LineWriter& writer) : writer_(writer) {}
  absl::Status Write(const Event& event) override { return writer_.Write(ToJsonLine(event)); }
  absl::Status Write(const TracebackEvent& event) { return writer_.Write(ToJsonLine(event)); }
  absl::Status Write(const capture::ClockStep& step) { return writer_.Write(ToJsonLine(step)); }
  absl::Status WriteScore(const HostScore& score) override {
    return writer_.Write(ToJsonLine(score));
  }

 private:
  LineWriter& writer_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_JSON_LINES_H_
