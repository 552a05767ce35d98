// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_LAB_RESULT_FILES_H_
#define CAIRN_COMMANDS_LAB_RESULT_FILES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "files/output_guard.h"

namespace cairn::lab {

// A folder for the tables (.csv) and figures (.svg) that a command writes.  Files that are there
// already are replaced only if they begin like these, or with --force.
class ResultFolder {
 public:
  struct Request {
    std::string option;  // by which the user asked for the folder; for messages
    std::string folder;
    bool force = false;
    std::vector<std::string_view> name_begins;  // of the files that will be written
    std::string_view csv_begin;                 // what each table begins with
  };

  // Makes the folder and those above it, where they are missing, and looks at the files in it whose
  // names begin as the results' will: to be called before the work.  Unavailable: it cannot be
  // made; InvalidArgument: a file of something else is in the way.
  static absl::StatusOr<ResultFolder> Make(Request request);

  // Writes a whole file.  Unavailable: it cannot be written; else the guard's errors.
  absl::Status Write(const std::string& name, const std::string& text) const;

 private:
  explicit ResultFolder(Request request) : request_(std::move(request)) {}
  files::Output OutputOf(const std::string& name) const;
  files::OutputGuard guard() const;

  Request request_;
};

}  // namespace cairn::lab

#endif  // CAIRN_COMMANDS_LAB_RESULT_FILES_H_
