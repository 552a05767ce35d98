// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_FOLDER_CHECKS_H_
#define CAIRN_TRACEBACK_TOKENS_FOLDER_CHECKS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "traceback/tokens/store_files.h"

namespace cairn::tokens {

// Whether nobody but root and the user of this process can change what is in a folder, or put
// another in its place: it is theirs, nobody else may write to it, and the same holds for each
// folder and link on the way to it (a folder with the sticky bit, as /tmp, will do there).
// FailedPrecondition says which one is at fault, and what to do.  Costs a system call for each part
// of the path.
absl::Status CheckWay(const std::string& path);
// The same of a folder that is open, and that it still has its name.
absl::Status CheckFolder(const Folder& folder);

// Takes the lock of a folder; it ends when the descriptor is closed.  FailedPrecondition: another
// process has it, for a second at least.
absl::StatusOr<UniqueFd> LockFolder(const Folder& folder);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_FOLDER_CHECKS_H_
