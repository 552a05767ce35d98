// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_SESSION_INPUT_H_
#define CAIRN_COMMANDS_SESSION_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "detector/findings/session_record.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
}

// What the commands that read stored session records have in common.
namespace cairn::commands {

// As the user wrote it.
struct SessionArguments {
  std::vector<std::string> files;
  std::string since;
  std::string until;
  std::string format;
  size_t limit = 0;  // 0: as the format has it
};

// FILE, --since, --until, --format and --limit, of which the help says `limit`.
// Requires: `arguments` outlives `app`.
void AddSessionArguments(CLI::App& app, SessionArguments& arguments, const std::string& limit);

// As given, else a table for a terminal and JSON for all others.
std::string FormatOf(const SessionArguments& arguments);
// As given, else 20 for people, and 100,000 for programs.
size_t LimitOf(const SessionArguments& arguments);

// A stretch of time, its end not in it.
struct TimeSpan {
  PacketTime from = PacketTime::InfinitePast();
  PacketTime to = PacketTime::InfiniteFuture();

  bool Contains(PacketTime time) const { return time >= from && time < to; }
};

// Files of records, and which records of them are wanted.
struct SessionFiles {
  std::vector<std::string> paths;  // at least one; "-": standard input
  TimeSpan span;
};

// InvalidArgument: invalid times, or standard input where it cannot be read.  Other errors
// are those of the first file that cannot be opened.
absl::StatusOr<SessionFiles> OpenSessionFiles(const SessionArguments& arguments);

struct SessionsTold {
  absl::Status fault;    // of the first file that could not be read to its end
  uint64_t records = 0;  // all that were read
};

// Hands every record of the files to `take`, up to the first fault of a file, past bad lines, or
// until a stop signal.  Notes that are no faults go to standard error, as from `command`; empty:
// they are left out.
SessionsTold ReadSessionFiles(std::string_view command, const SessionFiles& files,
                              const std::function<void(const SessionRecord&)>& take);

// What one command makes of the records.
struct Survey {
  std::string_view command;  // for messages
  std::function<void(const SessionRecord&)> add;
  // The text for standard output, in the form that the arguments ask for.
  std::function<std::string()> text;
  std::function<void()> notes;  // to standard error, after the text
};

// Reads the sessions of the wanted time from the files, prints the result, and explains faults on
// standard error.  Returns the exit code.
int RunSurvey(const Survey& survey, const SessionArguments& arguments);

// For the end of a run whose text has been written (or not) and whose files have been read.
int ExitCodeOf(std::string_view command, const SessionsTold& told, const absl::Status& printed);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_SESSION_INPUT_H_
