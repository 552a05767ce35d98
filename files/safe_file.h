// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_FILES_SAFE_FILE_H_
#define CAIRN_FILES_SAFE_FILE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Files that are read and written as a whole, so that one which is there is whole, whenever the
// program or the machine stops.  Messages begin with the file's name.
namespace cairn::files {

// nullopt: there is none.  Errors: FailedPrecondition for a folder or device, PermissionDenied,
// ResourceExhausted beyond `most` bytes, Unknown.
absl::StatusOr<std::optional<std::string>> ReadWhole(const std::string& path, size_t most);

// Whether ReplaceWhole() may do: to be asked before work whose result would be lost.  Leaves
// nothing behind.
absl::Status CheckReplaceable(const std::string& path);

// Writes FILE.new beside it, syncs that and renames it.  A link stays one: what it leads to is
// replaced.  On an error, the file is as it was.
absl::Status ReplaceWhole(const std::string& path, std::string_view contents);

}  // namespace cairn::files

#endif  // CAIRN_FILES_SAFE_FILE_H_
