// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_RESTART_PAUSES_H_
#define CAIRN_TRACEBACK_DAEMON_RESTART_PAUSES_H_

#include <algorithm>
#include <chrono>

#include "absl/status/status.h"

namespace cairn::daemon {

// How long to wait before something is started again: after what passes by itself (a port that is
// taken, a full disk, no memory) a second, and each time twice as long, up to a minute; after what
// somebody has to mend, ten minutes.  Thread-compatible.
class RestartPauses {
 public:
  using Duration = std::chrono::steady_clock::duration;
  static constexpr std::chrono::seconds kShortest{1};
  static constexpr std::chrono::seconds kLongest{60};
  static constexpr std::chrono::minutes kSlow{10};
  // What has run for so long and ends is not what failed before.
  static constexpr std::chrono::minutes kLongRun{10};

  // It has ended after having run for `ran`, or could not be started (zero).
  std::chrono::seconds Next(Duration ran) {
    if (ran >= kLongRun) next_ = kShortest;
    const std::chrono::seconds pause = next_;
    next_ = std::min(2 * next_, kLongest);
    return pause;
  }
  // It could not be started for this reason.
  std::chrono::seconds Next(const absl::Status& reason) {
    return MayPass(reason) ? Next(Duration::zero()) : std::chrono::seconds(kSlow);
  }
  // What was wrong has been changed.
  void Reset() { next_ = kShortest; }

  // Whether the reason may go away without anybody changing a file or the configuration.
  static bool MayPass(const absl::Status& reason) {
    return !absl::IsInvalidArgument(reason) && !absl::IsFailedPrecondition(reason) &&
           !absl::IsNotFound(reason) && !absl::IsPermissionDenied(reason);
  }

 private:
  std::chrono::seconds next_ = kShortest;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_RESTART_PAUSES_H_
