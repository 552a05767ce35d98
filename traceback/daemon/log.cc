// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/log.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "fmt/format.h"

#include "base/time_text.h"
#include "base/wall_clock.h"

namespace cairn::daemon {
namespace {

// The service manager says by this that its journal reads standard error.
bool JournalReads() {
  static const bool reads =
      std::getenv("JOURNAL_STREAM") != nullptr;  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return reads;
}

}  // namespace

void Log(Level level, std::string_view text) {
  std::string line = JournalReads()
                         ? fmt::format("<{}>{}", static_cast<int>(level), text)
                         : fmt::format("{} stopd[{}]: {}", Rfc3339(WallTime()), getpid(), text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  line += '\n';
  // There is nowhere to say that it failed.
  static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));
}

void LogThrottle::Log(Level level, std::string_view text, Clock::time_point now) {
  Flush(now);
  if (lines_ >= kMostLines) {
    ++left_out_;
    level_ = level;
    return;
  }
  ++lines_;
  daemon::Log(level, text);
}

void LogThrottle::Flush(Clock::time_point now) {
  if (now - since_ < std::chrono::seconds(1)) return;
  if (left_out_ > 0) daemon::Log(level_, fmt::format("{} such lines were left out", left_out_));
  since_ = now;
  lines_ = 0;
  left_out_ = 0;
}

}  // namespace cairn::daemon
