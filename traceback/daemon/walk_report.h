// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_WALK_REPORT_H_
#define CAIRN_TRACEBACK_DAEMON_WALK_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "traceback/host/executable_hashes.h"
#include "traceback/host/snapshot.h"

// What a process that walks tells the monitor through a pipe, step by step: if it dies on the way,
// what it told before is known.
namespace cairn::daemon {

inline constexpr size_t kMostInBatch = 8;             // walks that share one look at the host
inline constexpr size_t kMostWalkBytes = 2 << 20;     // of one walk's snapshot
inline constexpr size_t kMostReportBytes = 10 << 20;  // of all together

// As far as it came.
struct WalkReport {
  enum class Outcome : uint8_t {
    kNone,    // not begun, or not ended; `snapshot` may hold the owners
    kWalked,  // `snapshot` holds it
    kLate,    // likewise, and its part of the time was too short for all
    kShort,   // likewise, and the time of the look at the host was
    kGone,    // no process holds the connection any more
  };
  struct Walk {
    Outcome outcome = Outcome::kNone;
    std::shared_ptr<const std::string> snapshot;  // host::EncodeSnapshot
  };
  std::shared_ptr<const std::string> seen;  // the same; a snapshot without processes
  bool looked = false;                      // it has seen the host
  std::vector<Walk> walks;                  // as they were asked for
  std::vector<host::ExecutableHashes::Known> learned;
  bool is_whole = false;
};

// The child's end.  Blocks while the pipe is full.
class WalkReportWriter {
 public:
  explicit WalkReportWriter(int pipe) : pipe_(pipe) {}

  void Looked(const host::Snapshot& seen);
  void Begun(size_t walk, host::Snapshot owners);
  // kWalked; or, if it says that time was too short, kLate or kShort.
  void Walked(size_t walk, host::Snapshot snapshot, bool is_late);
  void Gone(size_t walk);
  void Learned(const std::vector<host::ExecutableHashes::Known>& known);
  void End();

 private:
  void Write(char kind, size_t number, std::string_view text);

  int pipe_;
};

// The monitor's end: takes the bytes as they come, and believes nothing.  Thread-compatible.
class WalkReportReader {
 public:
  explicit WalkReportReader(size_t walks) { report_.walks.resize(walks); }

  // False: no walk says such a thing, or so much.
  bool Take(std::string_view bytes);
  const WalkReport& report() const { return report_; }
  WalkReport TakeReport() { return std::move(report_); }

 private:
  bool TakeStep(char kind, size_t number, std::string text);

  WalkReport report_;
  std::string rest_;  // a step that is not whole yet
  size_t taken_ = 0;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_WALK_REPORT_H_
