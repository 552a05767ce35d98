// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_SERVICE_H_
#define CAIRN_TRACEBACK_DAEMON_SERVICE_H_

#include <poll.h>
#include <signal.h>
#include <time.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"

#include "traceback/daemon/answer_batch.h"
#include "traceback/daemon/channel.h"
#include "traceback/daemon/front_counters.h"
#include "traceback/daemon/front_process.h"
#include "traceback/daemon/metrics_file.h"
#include "traceback/daemon/monitor.h"
#include "traceback/daemon/options.h"
#include "traceback/daemon/own_addresses.h"
#include "traceback/daemon/request_gate.h"
#include "traceback/daemon/store_watch.h"
#include "traceback/daemon/tracing_processes.h"
#include "traceback/daemon/tracing_side.h"
#include "traceback/daemon/walk_pool.h"
#include "traceback/host/inspector.h"
#include "traceback/tokens/token_store.h"

namespace cairn::daemon {

// The loop of the privileged process: waits for both of those that talk to the network, for walks,
// signals and the clock, and lets the parts of the monitor do what there is to do.
// Thread-compatible.
class Service {
 public:
  // All but the gate and `tracing_started` (TracingProcesses::Start()) outlive this.
  // `while_waiting`: of HandleSignals().
  Service(const Options& options, host::Inspector& inspector, tokens::TokenStore& store,
          FrontProcess& front, TracingProcesses& tracing, const absl::Status& tracing_started,
          RequestGate gate, const WalkPool::Work& work, const sigset_t& while_waiting);

  enum class End : uint8_t { kStopped, kFrontGone };
  // Until a stop signal, or until the front has gone.
  End Run();

  void LogCounters();
  void LogHead();

 private:
  bool Turn(std::chrono::nanoseconds patience, const sigset_t* mask);
  void Maintain(std::chrono::steady_clock::time_point now);
  timespec Timeout(std::chrono::nanoseconds patience);
  bool FlushToFront();
  void FinishWalks();
  bool TakeMessages();
  bool Take(const Message& message);
  void Take(const FrontCounters& counters);
  void TellOwnAddresses(std::chrono::steady_clock::time_point now);
  void TakeFarewell();

  const size_t most_walked_;
  tokens::TokenStore& store_;
  FrontProcess& front_;
  const sigset_t while_waiting_;
  Monitor monitor_;
  TracingSide tracing_;
  AnswerBatch answers_;  // at most what the front asked for
  std::chrono::steady_clock::time_point maintained_ = std::chrono::steady_clock::now();
  std::vector<pollfd> polled_;
  MetricsFile metrics_;
  OwnAddresses own_;
  bool own_told_ = true;  // there is nothing to tell the front, or it was told
  bool metrics_wanted_ = false;
  StoreWatch store_watch_;
  bool asked_ = false;  // for the front's counters
  bool told_ = false;   // they came
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_SERVICE_H_
