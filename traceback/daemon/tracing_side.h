// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_TRACING_SIDE_H_
#define CAIRN_TRACEBACK_DAEMON_TRACING_SIDE_H_

#include <poll.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "base/time.h"
#include "traceback/daemon/monitor.h"
#include "traceback/daemon/restart_pauses.h"
#include "traceback/daemon/trace_desk.h"
#include "traceback/daemon/tracing_processes.h"
#include "traceback/host/inspector.h"
#include "traceback/tracing/agent/options.h"

namespace cairn::daemon {

// What the monitor has to do with chain tracing: it answers its agent, starts it again where it has
// ended or could not start (RestartPauses), and sees when the files change that it was started
// with.  Whoever asks by STOP feels nothing of it.  Does nothing where tracing is off.
// Thread-compatible.
class TracingSide {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kFileInterval{10};
  // Records by STOP that rules want (stop_sv).  An agent that was taken over wants any number, and
  // they take room from those that others have asked for.
  static constexpr uint32_t kMostRecordsPerMinute = 60;

  // All outlive this.  `started`: what TracingProcesses::Start() has returned.
  TracingSide(const tracing::Options& options, TracingProcesses& processes,
              const absl::Status& started, host::Inspector& inspector, Monitor& monitor);

  // What to wait for, at most one; its events come by Take().
  void AppendPolled(std::vector<pollfd>& polled) const;
  void Take(const pollfd& ready, PacketTime now);
  // Sends what has become ready.
  void Flush();

  // What time brings, once a second.  A newer list of revoked certificates is handed over to the
  // agent; when other files have changed, it is started anew.
  void Maintain(Clock::time_point now);

  void AskCounters();
  // What the agent has told; of what it has been asked for and not told yet, once it tells.
  void LogCounters();
  // All that are known, as one line; empty where tracing is off.
  std::string CountersText() const;

 private:
  struct FileState {
    std::string path;
    int64_t changed_ns = 0;
    uint64_t inode = 0;
    uint64_t size = 0;
    bool operator==(const FileState&) const = default;
  };
  static FileState Look(const std::string& path);
  std::vector<FileState> LookAtAll() const;
  bool FilesHaveChanged(Clock::time_point now);
  bool HandOver(const std::string& path);
  void Begin(Clock::time_point now);
  void TakeStarted(const absl::Status& started, Clock::time_point now);
  void LoseAgent(std::string_view why);
  void DropDesk();
  bool MayRecord(Clock::time_point now);

  const tracing::Options& options_;
  TracingProcesses& processes_;
  host::Inspector& inspector_;
  Monitor& monitor_;
  std::optional<TraceDesk> desk_;
  std::optional<tracing::LookReply> held_;  // the agent's queue was full
  std::vector<FileState> files_;
  FileState revocations_;
  Clock::time_point looked_;
  Clock::time_point started_;
  RestartPauses pauses_;
  bool is_starting_ = false;
  std::optional<Clock::time_point> start_at_ = {};  // where it is not running
  std::string told_ = {};                           // why it is off; empty: it is not
  uint64_t next_tag_ = TraceDesk::kFirstTag;        // no question of an earlier agent has it
  bool is_settling_ = false;
  Clock::time_point records_since_{};
  uint32_t records_ = 0;
  std::string agent_counters_;
  bool asked_counters_ = false;
  bool log_wanted_ = false;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_TRACING_SIDE_H_
