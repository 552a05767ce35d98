// SPDX-License-Identifier: BSD-3-Clause
// Writes sessions of all kinds as JSON lines to standard output, for the schema test; with an
// argument, the names of all columns instead.
#include <string>

#include "fmt/format.h"

#include "output/sessions/columns.h"
#include "output/sessions/session_writer.h"
#include "tests/output/sessions/sample_sessions.h"

int main(int argc, char**) {
  if (argc > 1) {
    for (const cairn::output::Column& column : cairn::output::SessionColumns()) {
      fmt::print("{}\n", column.name);
    }
    return 0;
  }
  auto writer = cairn::output::OpenSessionWriter("-", cairn::output::SessionFormat::kJson,
                                                 cairn::output::ExistingFile::kReplace);
  if (!writer.ok()) return 1;
  std::vector<cairn::SessionRecord> sessions = cairn::output::samples::Random(50);
  sessions.push_back(cairn::output::samples::OfReport());
  sessions.push_back(cairn::output::samples::Least());
  sessions.push_back(cairn::output::samples::Most());
  for (const cairn::SessionRecord& session : sessions) {
    if (!(*writer)->Write(session).ok()) return 1;
  }
  return (*writer)->Close().ok() ? 0 : 1;
}
