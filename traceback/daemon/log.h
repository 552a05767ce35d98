// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_LOG_H_
#define CAIRN_TRACEBACK_DAEMON_LOG_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::daemon {

// As syslog numbers them.
enum class Level : uint8_t { kError = 3, kWarning = 4, kInfo = 6 };

// One line on standard error, in one write: "TIME stopd[PID]: TEXT".  Where the service manager
// reads it, without the time and with the level in the form that it knows ("<6>TEXT").  Control
// characters become '?'.  Never blocks on anything but standard error itself.
void Log(Level level, std::string_view text);

// Lets a limited number of lines of one kind through in each second, and counts the others.  What
// outsiders can cause at will has a SourceThrottle.  Thread-compatible.
class LogThrottle {
 public:
  using Clock = std::chrono::steady_clock;

  // Logs, or counts.
  void Log(Level level, std::string_view text, Clock::time_point now);
  // Says how many were left out, once the second is over.
  void Flush(Clock::time_point now);
  // When Flush() will have something to say; unset: it has nothing.
  std::optional<Clock::time_point> due() const {
    return left_out_ == 0 ? std::nullopt : std::optional(since_ + std::chrono::seconds(1));
  }

 private:
  static constexpr uint32_t kMostLines = 10;
  Clock::time_point since_{};
  Level level_ = Level::kInfo;  // of what was left out
  uint32_t lines_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_LOG_H_
