// SPDX-License-Identifier: BSD-3-Clause
// Writes every kind of event as JSON lines to standard output, for the schema test; with an
// argument, a host's score and its history instead.
#include "output/json_lines.h"
#include "output/line_writer.h"
#include "output/score_history.h"
#include "tests/output/sample_events.h"

int main(int argc, char**) {
  const auto writer = cairn::output::LineWriter::StandardOutput();
  cairn::output::JsonLines lines(*writer);
  if (argc > 1) {
    const cairn::HostScore score = cairn::output::samples::Score();
    cairn::output::ScoreHistory history;
    history.Add(score);
    const bool written = cairn::output::ScoreLines(*writer).WriteScore(score).ok() &&
                         writer->Write(cairn::output::ToJsonLine(*history.Ranked()[0])).ok();
    return written ? 0 : 1;
  }
  for (const cairn::Event& event : cairn::output::samples::All()) {
    if (!lines.Write(event).ok()) return 1;
  }
  for (const cairn::TracebackEvent& event : cairn::output::samples::Asked()) {
    if (!lines.Write(event).ok()) return 1;
  }
  return lines.Write(cairn::output::samples::Step()).ok() ? 0 : 1;
}
