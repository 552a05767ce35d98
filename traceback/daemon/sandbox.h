// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_SANDBOX_H_
#define CAIRN_TRACEBACK_DAEMON_SANDBOX_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// How the process that talks to the network gives up all it does not need.
namespace cairn::daemon {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};
// Of a user by name or number.  NotFound: there is none.  InvalidArgument: it is root.
absl::StatusOr<Identity> IdentityOf(const std::string& user);

// An empty folder that stays empty, because it is removed once it is a process's root. Unavailable:
// it cannot be made in any of the places tried.
absl::StatusOr<std::string> MakeEmptyFolder();

enum class Connects : uint8_t { kForbidden, kAllowed };

enum class Files : uint8_t {
  kNone,
  kOwnFolder,  // those of `root`, which is the process's own
};

struct Sandbox {
  Identity identity;
  // Made by MakeEmptyFolder, and removed by the caller afterwards; or the process's own folder.
  std::string root;
  Files files = Files::kNone;
  bool listens = false;  // at ports of its choice; then it may connect to any, too
  uint64_t max_descriptors = 1024;
  std::optional<uint64_t> max_file_bytes = {};    // of one file; SIGXFSZ should be ignored
  std::optional<uint64_t> max_memory_bytes = {};  // of addresses
  Connects connects = Connects::kAllowed;         // TCP connections to other hosts
  uint16_t ask_port = 113;  // at these; holds where the kernel has EnterLandlock()
};

// For good: the process becomes that user, in that root, without capabilities, without new
// privileges or processes, ends when its parent does, without core dumps, and may only make the
// system calls that serving sockets needs.  Calls that look for files fail with EACCES, because
// libraries make them without being asked; every other call ends the process at once (SIGSYS).
//
// Requires: root, one thread.  An error says which step failed; the process is then in no state to
// go on.
absl::Status EnterSandbox(const Sandbox& sandbox);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_SANDBOX_H_
