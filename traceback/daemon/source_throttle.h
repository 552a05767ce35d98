// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_SOURCE_THROTTLE_H_
#define CAIRN_TRACEBACK_DAEMON_SOURCE_THROTTLE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "traceback/daemon/log.h"

namespace cairn::daemon {

// Lets a limited number of lines of one kind through in each second, for what outsiders can cause
// at will, and counts the others.  Each source has its share, and its first line in a second
// whatever others do: so whoever floods the log hides their own lines, and not those of others.
//
// Sources are told apart as all askers are (stop::AskerNetwork).  Those beyond kMostSources in one
// second share what all share; so at most kMostSources + kMostLines lines a second go out.
// Thread-compatible.
class SourceThrottle {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostSources = 32;
  static constexpr uint32_t kMostOfOne = 10;
  static constexpr uint32_t kMostLines = 20;  // of all together, beyond the first of each

  // Logs, or counts.
  void Log(Level level, const IpAddress& source, std::string_view text, Clock::time_point now);
  // Says how many were left out, once the second is over.
  void Flush(Clock::time_point now);
  // When Flush() will have something to say; unset: it has nothing.
  std::optional<Clock::time_point> due() const;

 private:
  struct Source {
    uint32_t lines = 0;
    uint64_t left_out = 0;
  };
  bool MayLog(Source& source);

  Clock::time_point since_{};
  Level level_ = Level::kInfo;           // of what was left out
  std::map<IpAddress, Source> sources_;  // of this second
  Source others_;                        // those that found no room there
  uint32_t lines_ = 0;                   // beyond the first of each
  uint64_t left_out_ = 0;                // of all
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_SOURCE_THROTTLE_H_
