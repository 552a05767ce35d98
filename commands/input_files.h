// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_INPUT_FILES_H_
#define CAIRN_COMMANDS_INPUT_FILES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

// What all commands have in common that read files.
namespace cairn::commands {

// As a file's name: standard input.
inline constexpr char kStandardInput[] = "-";

// InvalidArgument: standard input is named twice, or is a terminal.  `instead` says what to do in
// that case, as in "name a capture file".
absl::Status CheckStandardInput(const std::vector<std::string>& files, std::string_view instead);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_INPUT_FILES_H_
