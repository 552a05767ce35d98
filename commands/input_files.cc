// SPDX-License-Identifier: BSD-3-Clause
#include "commands/input_files.h"

#include <unistd.h>

#include <algorithm>

#include "fmt/format.h"

#include "output/terminal.h"

namespace cairn::commands {

absl::Status CheckStandardInput(const std::vector<std::string>& files, std::string_view instead) {
  const auto named = std::count(files.begin(), files.end(), kStandardInput);
  if (named > 1) {
    return absl::InvalidArgumentError("'-' (standard input) can be read only once; name it once");
  }
  if (named == 1 && output::IsTerminal(STDIN_FILENO)) {
    return absl::InvalidArgumentError(fmt::format("standard input is a terminal; {}", instead));
  }
  return absl::OkStatus();
}

}  // namespace cairn::commands
