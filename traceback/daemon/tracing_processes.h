// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_TRACING_PROCESSES_H_
#define CAIRN_TRACEBACK_DAEMON_TRACING_PROCESSES_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"

#include "traceback/daemon/start_report.h"
#include "traceback/daemon/tracing_roles.h"
#include "traceback/tracing/agent/monitor_message.h"
#include "traceback/tracing/agent/options.h"
#include "traceback/tracing/link/key_keeper.h"

namespace cairn::daemon {

// The two processes of chain tracing, both without rights, started before the monitor knows
// anything, or as programs of their own:
//
//   stopd: tracing  the agent, which talks to other agents (traceback/tracing/agent)
//   stopd: key      has the host's key, and signs: for the agent what a TLS handshake wants, for
//                   the monitor facts.  Nobody else ever has it in memory.
//
// Thread-compatible.
class TracingProcesses {
 public:
  // `options` outlives this.
  explicit TracingProcesses(const tracing::Options& options) : options_(options) {}
  ~TracingProcesses() { End(); }
  TracingProcesses(const TracingProcesses&) = delete;
  TracingProcesses& operator=(const TracingProcesses&) = delete;

  // Starts both, and waits until they have given up their privileges.  An error says what to do
  // about it (and neither runs); RestartPauses::MayPass() tells whether that may help by itself.
  // The two inherit the memory of the caller, which should therefore know nothing yet.
  // Requires: root, one thread.
  absl::Status Start();
  // The same, for a caller that knows much and must not wait: both execute this program anew, with
  // the configuration as it is then.  If it is OK, Look() tells what comes of it.
  absl::Status BeginAgain();
  // Unset: they are not ready yet.  An error: neither runs.  Requires: begun, and not told yet.
  std::optional<absl::Status> Look();
  bool is_running() const { return is_running_; }

  // Require: is_running().
  tracing::MonitorChannel& channel() { return *channel_; }
  tracing::Signer& signer() { return *signer_; }
  // Of the host's certificate.
  uint16_t scheme() const { return scheme_; }
  // Whether the process that has the key has ended; how it did is part of what End() says.
  bool HasLostKey();

  // Waits for their end, and makes them end.  Returns how they ended, for people.
  std::string End();

 private:
  struct Child {
    pid_t pid = -1;
    std::optional<StartReport> report = {};  // until it has told
    std::optional<int> status = {};          // how it ended, as waitpid(2) tells
  };
  using Run = void (*)(const tracing::Options& options, const TracingRole& role);

  absl::Status Begin(Run run);
  absl::Status Prepare();
  bool StartChild(Child& child, TracingRole role, Run run);
  static void Await(Child& child);
  absl::Status Failed(const absl::Status& told);

  const tracing::Options& options_;
  Child key_;
  Child agent_;
  bool is_running_ = false;
  std::string root_;  // of the key's process, until that is in it
  std::chrono::steady_clock::time_point begun_;
  std::optional<tracing::MonitorChannel> channel_;
  std::unique_ptr<tracing::SocketSigner> signer_;
  uint16_t scheme_ = 0;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_TRACING_PROCESSES_H_
