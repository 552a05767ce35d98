// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_JSON_LINES_H_
#define CAIRN_OUTPUT_JSON_LINES_H_

#include "absl/status/status.h"

#include "output/any_event.h"
#include "output/event_json.h"
#include "output/event_writer.h"
#include "output/line_writer.h"
#include "output/score_json.h"

namespace cairn::output {

// Writes each event as one JSON line, at once.  Errors are the line writer's.
class JsonLines : public EventWriter {
 public:
  // Requires: `writer` outlives this.
  explicit JsonLines(LineWriter& writer) : writer_(writer) {}
  absl::Status Write(const AnyEvent& event) override { return writer_.Write(ToJsonLine(event)); }

 private:
  LineWriter& writer_;
};

// Writes each score of a host likewise, and no events.
class ScoreLines : public EventWriter {
 public:
  // Requires: `writer` outlives this.
  explicit ScoreLines(LineWriter& writer) : writer_(writer) {}
  absl::Status WriteScore(const HostScore& score) override {
    return writer_.Write(ToJsonLine(score));
  }

 private:
  LineWriter& writer_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_JSON_LINES_H_
