// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_RESULT_FILES_H_
#define CAIRN_COMMANDS_RESULT_FILES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

// Tables and figures that a command writes to a folder.
namespace cairn::commands {

// Makes `folder` and those above it, where they are missing.  Unavailable: it names `option`, by
// which the user asked for the folder.
absl::Status MakeFolder(std::string_view option, const std::string& folder);

// Writes a whole file, in place of one of that name.  Unavailable: it cannot be written.
absl::Status WriteFile(const std::string& folder, const std::string& name, const std::string& text);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_RESULT_FILES_H_
