// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_FILES_OUTPUT_GUARD_H_
#define CAIRN_FILES_OUTPUT_GUARD_H_

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"

// The one way to open a file for writing whose name a user gave.
namespace cairn::files {

// What happens to a file that is there already.
enum class ExistingFile { kReplace, kAppend };

// Whether a file that begins with these bytes (as they lie on the disk, at most kHeadBytes) is one
// of our own, of the kind that is to be written.  Not asked of an empty file.
using IsOurs = std::function<bool(std::string_view head)>;

// A file that a run is to write.
struct Output {
  std::string option;  // "--alerts": how the user named it; for messages
  std::string what;    // "alerts": what will be in it; for messages
  std::string path;
  ExistingFile existing = ExistingFile::kReplace;
  IsOurs is_ours;  // null: no file that holds anything is
};

// Keeps what users have from being destroyed by a wrong name:
//
//   the name leads to                   | outcome
//   nothing                             | made
//   an empty file, or one of our own    | replaced or added to, as the output says
//   a file that holds something else    | refused, or replaced by --force
//   an input, or the configuration      | refused, also by --force
//   another output's file               | refused
//   a device, a pipe, /dev/stdout       | written to
//   a folder, a link to nothing         | refused
//
// Files are compared by device and inode, so that links do not matter, and looked at by the
// descriptor that is then written to, so that nobody can exchange them in between.
//
// A value; thread-compatible.
class OutputGuard {
 public:
  // What becomes of a file that holds something else.
  enum class Foreign : uint8_t { kRefuse, kReplace };

  OutputGuard() = default;
  explicit OutputGuard(Foreign foreign) : foreign_(foreign) {}

  // A file that this run reads; "-": standard input.  `what` names it, as in "the capture".  One
  // that is not there, or no regular file, needs no guard.
  void AddInput(std::string_view what, const std::string& path);

  // Whether all can be opened; nothing is made or changed.  To be called before any work.
  // InvalidArgument: refused by the table above; FailedPrecondition: a folder, or a link to
  // nothing; NotFound: no folder for it; PermissionDenied.  The message says what to do.
  absl::Status Check(std::span<const Output> outputs) const;

  // Opens it, empty unless it is added to, and returns the descriptor, which is the caller's, and
  // which a regular file can also be read by.  Errors: Check's, and ResourceExhausted or Unknown.
  absl::StatusOr<int> Open(const Output& output) const;

  // Whether files that hold something else are replaced (--force).
  bool replaces_foreign() const { return foreign_ == Foreign::kReplace; }
  // OK unless the name leads to an input.  For those who must open it by its name.
  absl::Status CheckNoInput(const Output& output) const;

 private:
  struct Input {
    std::string what;
    std::string path;
    dev_t device;
    ino_t inode;
  };
  struct Opened {
    UniqueFd descriptor;
    bool foreign;  // holds something else, and may be replaced
  };
  absl::Status CheckIdentity(const Output& output, const struct stat& file) const;
  absl::StatusOr<bool> IsForeign(const Output& output, int descriptor, bool readable) const;
  absl::StatusOr<Opened> OpenRegular(const Output& output) const;
  absl::StatusOr<UniqueFd> OpenAny(const Output& output) const;
  absl::StatusOr<UniqueFd> OpenSpecial(const Output& output) const;
  absl::Status CheckOne(const Output& output) const;

  Foreign foreign_ = Foreign::kRefuse;
  std::vector<Input> inputs_;
};

}  // namespace cairn::files

#endif  // CAIRN_FILES_OUTPUT_GUARD_H_
