// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_RELAY_INPUT_H_
#define CAIRN_COMMANDS_RELAY_INPUT_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/byte_stream.h"
#include "config/settings.h"
#include "output/score_history.h"

namespace cairn::commands {

// The files that `cairn relays` reads: captures, or files of scores that --relays wrote.
struct RelayFiles {
  enum class Kind { kNothing, kCaptures, kScores };  // kNothing: all files are empty
  Kind kind = Kind::kNothing;
  std::vector<std::unique_ptr<capture::ByteStream>> streams;  // of files that are not empty
};

// Opens the files ("-": standard input) and tells by their first bytes what they are; either kind
// may be gzip.  InvalidArgument: both kinds are among them; otherwise the status is of the file
// that cannot be read, with FailedPrecondition in place of InvalidArgument.
absl::StatusOr<RelayFiles> OpenRelayFiles(const std::vector<std::string>& paths);

// What the files say, added to `history`, up to the first fault of a capture, past the bad lines of
// files of scores, or until a stop signal.  Notes that are no faults (a cut last line) go to
// standard error, as from `command`.  An error is the files'; what was read before it stays.
absl::Status ReadRelayFiles(std::string_view command, RelayFiles files,
                            const config::Settings& settings, output::ScoreHistory& history);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_RELAY_INPUT_H_
