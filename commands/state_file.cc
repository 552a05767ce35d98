// SPDX-License-Identifier: BSD-3-Clause
#include "commands/state_file.h"

#include <cstddef>
#include <cstdio>
#include <optional>
#include <utility>

#include "fmt/format.h"

#include "files/safe_file.h"

namespace cairn::commands {

absl::StatusOr<StateFile> StateFile::Open(std::string_view command, const std::string& path,
                                          bool quiet) {
  constexpr size_t kMost = size_t{4} << 30;
  StateFile file;
  if (path.empty()) return file;
  absl::StatusOr<std::optional<std::string>> contents = files::ReadWhole(path, kMost);
  if (!contents.ok()) return contents.status();
  if (absl::Status writable = files::CheckReplaceable(path); !writable.ok()) return writable;
  file.path_ = path;
  if (contents->has_value()) {
    // An empty file is no state, and nobody's loss.
    file.contents_ = **std::move(contents);
  }
  if (file.contents_.empty() && !quiet) {
    fmt::print(stderr, "cairn {}: there is no state in {} yet; this run begins anew\n", command,
               path);
  }
  return file;
}

absl::Status StateFile::Explain(const absl::Status& fault) const {
  return {fault.code(), fmt::format("{}: {}", path_, std::string(fault.message()))};
}

absl::Status StateFile::Replace(std::string_view contents) const {
  return files::ReplaceWhole(path_, contents);
}

}  // namespace cairn::commands
