// SPDX-License-Identifier: BSD-3-Clause
// Writes every kind of event as JSON lines to standard output, for the schema test.
#include "output/json_lines.h"
#include "output/line_writer.h"
#include "tests/output/sample_events.h"

int main() {
  const auto writer = cairn::output::LineWriter::StandardOutput();
  cairn::output::JsonLines lines(*writer);
  for (const cairn::Event& event : cairn::output::samples::All()) {
    if (!lines.Write(event).ok()) return 1;
  }
  return 0;
}
