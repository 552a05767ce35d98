// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_VIEW_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_VIEW_H_

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"

#include "base/time.h"
#include "traceback/tracing/authority/register.h"
#include "traceback/tracing/authority/service_text.h"
#include "traceback/tracing/authority/state_folder.h"

namespace cairn::tracing {

// What the folder of an authority says, in memory: what hosts are to know, and who has a right to a
// certificate.  Neither the lock nor a private key of the authority is needed, so anybody's
// question may be looked at.  Each file is as before or as new, but two of them may be of two
// moments: whoever issues looks again under the lock (authority.h).
//
// Thread-compatible.  A few calls to the kernel for each Refresh(), unless a file has changed.
class AuthorityView {
 public:
  explicit AuthorityView(std::string path) : path_(std::move(path)) {}

  // Reads again what has changed.  After an error (StateFolder's, or FailedPrecondition: damaged)
  // all is as it was.
  absl::Status Refresh();

  // Whether the authority would grant it, as far as its register says.  PermissionDenied,
  // InvalidArgument: no.
  absl::Status CheckRight(const Question& question, PacketTime now) const;
  const std::string& authorities() const { return files_[kAuthorities].bytes; }  // PEM
  const std::string& lists() const { return files_[kRevocations].bytes; }        // PEM

 private:
  enum : size_t { kAuthorities, kRevocations, kIssued, kInvitations, kFiles };
  struct File {
    StateFolder::Mark mark = {};
    std::string bytes = {};
  };

  std::string path_;
  std::array<File, kFiles> files_ = {};
  Register register_ = {};
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_VIEW_H_
