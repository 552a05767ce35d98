// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_START_REPORT_H_
#define CAIRN_TRACEBACK_DAEMON_START_REPORT_H_

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"

namespace cairn::daemon {

// By this a child process says, once, that it is at work, or why it is not: a pipe for one message.
// Its reason then stands where it is told, and not in a line of its own for each try.
//
// The child tells before anybody else can make it say anything.  Thread-compatible.
class StartReport {
 public:
  // Unavailable: there are no descriptors left.
  static absl::StatusOr<StartReport> Make();

  // The end of the child, which keeps it over its fork; it is closed on exec.
  int child_end() const { return writing_.get(); }
  // In the parent, after the fork: else the child's end would not be seen.
  void CloseChildEnd() { writing_ = UniqueFd(); }
  // In the child, with that end; closes it.  A long text is cut.
  static void Tell(int child_end, const absl::Status& started);

  // What poll() waits at.
  int descriptor() const { return reading_.get(); }
  // What the child has told; unset: nothing yet.  Aborted: it ended, or was ended, and told
  // nothing.  Does not wait.
  std::optional<absl::Status> Read() const;

 private:
  StartReport(int reading, int writing) : reading_(reading), writing_(writing) {}

  UniqueFd reading_;
  UniqueFd writing_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_START_REPORT_H_
