// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_STORE_FILES_H_
#define CAIRN_TRACEBACK_TOKENS_STORE_FILES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "base/unique_fd.h"

// Files of the token store.  No link is ever followed in its folders; what is made in them is for
// its owner alone.
namespace cairn::tokens {

// Bytes that a file of this size is counted for: what it takes on most disks.
constexpr uint64_t DiskBytes(uint64_t size) {
  constexpr uint64_t kBlock = 4096;
  return (size + kBlock - 1) / kBlock * kBlock;
}

struct FileFacts {
  std::string name;
  uint64_t bytes = 0;
  PacketTime modified;
  bool is_regular = false;
  uint64_t inode = 0;
};

// An open folder.  Thread-compatible.  Errors name the folder: PermissionDenied, NotFound,
// ResourceExhausted (no room), Unavailable.
class Folder {
 public:
  enum class Missing : uint8_t { kFail, kMake };

  static absl::StatusOr<Folder> Open(const std::string& path, Missing missing);

  int descriptor() const { return descriptor_.get(); }
  const std::string& path() const { return path_; }

  // Writes a whole new file that is on disk, with its name, when this returns; after an error there
  // is none.
  absl::Status WriteNew(const std::string& name, std::string_view bytes) const;
  // Adds one line to a file, made where it is missing (and its name is on disk then): whole, or not
  // at all.  `sync`: it is on disk when this returns.
  enum class Sync : uint8_t { kLater, kNow };
  absl::Status AppendLine(const std::string& name, std::string_view line, Sync sync) const;
  // All of a regular file.  InvalidArgument: it is none, or larger than `most`.
  absl::StatusOr<std::string> Read(const std::string& name, uint64_t most) const;
  // Unset time: there is no such file.
  FileFacts Look(const std::string& name) const;
  void ForEachFile(const std::function<void(const FileFacts&)>& visit) const;
  void Remove(const std::string& name) const;
  // Cuts off, and returns, what stands behind the last line feed of a file.
  std::string CutHalfLine(const std::string& name) const;
  absl::Status Error(std::string_view doing, const std::string& name, int error) const;

 private:
  Folder(UniqueFd descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  UniqueFd descriptor_;
  std::string path_;
};

inline constexpr std::string_view kUnfinished = ".new-";  // names of files that are being written

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_STORE_FILES_H_
