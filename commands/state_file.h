// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STATE_FILE_H_
#define CAIRN_COMMANDS_STATE_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cairn::commands {

// The file of --state: read at the start of a run, if it is there, and replaced at its end
// (docs/checkpoint.md).  Without a name, nothing.
class StateFile {
 public:
  // Reads it, and checks that it can be replaced.  Says on standard error, as from `command`, when
  // there is none yet, unless `quiet`.
  static absl::StatusOr<StateFile> Open(std::string_view command, const std::string& path,
                                        bool quiet);

  bool is_named() const { return !path_.empty(); }
  // Empty: there is none to go on from.
  const std::string& contents() const { return contents_; }
  // A fault of what it holds, by its name.
  absl::Status Explain(const absl::Status& fault) const;
  absl::Status Replace(std::string_view contents) const;

 private:
  std::string path_;
  std::string contents_;
};

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STATE_FILE_H_
