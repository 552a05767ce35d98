// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_STATE_FOLDER_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_STATE_FOLDER_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"

namespace cairn::tracing {

// A folder of small files that are either as before or as new, whatever happens in between: a
// power cut, a full disk, a kill.  No link in it is followed.  Thread-compatible.
//
// Errors name the file and what to do: NotFound, PermissionDenied, ResourceExhausted (no room),
// Unavailable.
class StateFolder {
 public:
  // FailedPrecondition: others than its owner could write into it, or its owner is neither root nor
  // whoever asks.
  static absl::StatusOr<StateFolder> Open(const std::string& path);
  // A new one.  AlreadyExists: there is something.
  static absl::StatusOr<StateFolder> Make(const std::string& path, mode_t mode);
  // Gives a folder that was made aside its name, where nothing may be, or an empty folder.
  // AlreadyExists: there is something.
  static absl::Status Settle(const std::string& from, const std::string& to);
  // Removes it and its files, those of a folder in it too; for one that did not get ready.
  static void Remove(const std::string& path);

  const std::string& path() const { return path_; }
  // Nobody else has it until this is destroyed.  Unavailable: somebody has it, for that long.
  absl::Status Lock(std::chrono::milliseconds patience = std::chrono::seconds(10));
  // All of a regular file of at most 4 MiB.
  absl::StatusOr<std::string> Read(const std::string& name) const;
  bool Has(const std::string& name) const;
  // Another one once the file has been replaced or written; zeroes: it is not there.
  struct Mark {
    uint64_t number = 0;  // of the file
    int64_t size = 0;
    int64_t written = 0;  // nanoseconds, as the next
    int64_t changed = 0;

    bool operator==(const Mark&) const = default;
  };
  Mark MarkOf(const std::string& name) const;
  // It is on disk, in the place of what was there, when this returns; else all is as before.
  absl::Status Write(const std::string& name, std::string_view bytes, mode_t mode) const;
  absl::Status Rename(const std::string& from, const std::string& to) const;
  void Delete(const std::string& name) const;

 private:
  StateFolder(UniqueFd descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
  absl::Status Error(std::string_view doing, const std::string& name, int error) const;

  UniqueFd descriptor_;
  UniqueFd lock_;
  std::string path_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_STATE_FOLDER_H_
