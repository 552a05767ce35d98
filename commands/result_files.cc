// SPDX-License-Identifier: BSD-3-Clause
#include "commands/result_files.h"

#include <cstdio>
#include <filesystem>
#include <system_error>

#include "fmt/format.h"

namespace cairn::commands {

absl::Status MakeFolder(std::string_view option, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("{} {}: cannot make the folder: {}", option, folder, error.message()));
}

absl::Status WriteFile(const std::string& folder, const std::string& name,
                       const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (written) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{}: cannot be written", path.string()));
}

}  // namespace cairn::commands
