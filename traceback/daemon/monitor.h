// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_MONITOR_H_
#define CAIRN_TRACEBACK_DAEMON_MONITOR_H_

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/daemon/channel.h"
#include "traceback/daemon/hop_ledger.h"
#include "traceback/daemon/ident_file.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/options.h"
#include "traceback/daemon/request_gate.h"
#include "traceback/daemon/source_throttle.h"
#include "traceback/daemon/trace_desk.h"
#include "traceback/daemon/walk_queue.h"
#include "traceback/host/inspector.h"
#include "traceback/tokens/record.h"
#include "traceback/tokens/token_store.h"

namespace cairn::daemon {

// Only grows.
struct MonitorCounters {
  uint64_t found = 0;                // connections that existed, and might be revealed
  uint64_t not_found = 0;            // that did not exist
  uint64_t not_ours = 0;             // that another host had opened, asked for without an address
  uint64_t names = 0;                // given instead of tokens
  uint64_t saved = 0;                // records
  uint64_t not_saved = 0;            // tokens of SV types behind which there is nothing
  uint64_t truncated = 0;            // records of searches that ended early
  uint64_t targets_left_out = 0;     // previous hosts beyond max_targets
  uint64_t targets_not_allowed = 0;  // previous hosts outside of recursion.networks
  uint64_t hops_unexpected = 0;      // answers of hosts that were not to be asked: not stored
  uint64_t unproven = 0;             // requests of nobody who is connected
  uint64_t gate_limited = 0;         // requests that the front should have held back: for rates ...
  uint64_t gate_not_allowed = 0;     // ... or because that requester may not ask that
  uint64_t refusals_noted = 0;       // tokens of requests that were not processed, in the journal
  uint64_t refusals_unnoted = 0;     // not there: there were too many
  uint64_t saved_for_traces = 0;     // records that a rule of tracing wanted
};

// Answers what the front asks: looks at sockets and processes, saves records, decides what may be
// told.  The privileged side; believes nothing that the front says beyond what any asker could.
//
// Whose connection it is is looked up at once.  Where the session came from takes a walk, in a
// child process (WalkQueue); its answer comes later.  Thread-compatible; each call takes
// milliseconds.
class Monitor {
 public:
  // Requires: all but the gate outlive this.  `work`: what walks (WalkInChild).
  Monitor(const Options& options, host::Inspector& inspector, tokens::TokenStore& store,
          RequestGate gate, WalkPool::Work work)
      : options_(options),
        inspector_(inspector),
        store_(store),
        gate_(std::move(gate)),
        walks_(options, inspector, std::move(work)) {}

  // Unset: Next() will give the answer.
  std::optional<Answer> Handle(const LookUp& look_up, PacketTime now);
  void Handle(const HopReport& report, PacketTime now);

  // What an agent of chain tracing asks: looks by the desk, and a record of type SV, which nobody
  // is answered about.  Requires: `desk` outlives this, or until it is set to null.
  void SetTraceDesk(TraceDesk* desk) { trace_desk_ = desk; }
  void Save(const tracing::SvRequest& request, PacketTime now);

  // Says how many lines of the log were left out.
  void FlushLogs(std::chrono::steady_clock::time_point now);

  // Walks: to be stepped by the caller's loop.  Next() gives one answer that has become ready.
  WalkQueue& walks() { return walks_; }
  std::optional<Answer> Next(PacketTime now);

  const MonitorCounters& counters() const { return counters_; }
  const WalkCounters& walk_counters() const { return walks_.counters(); }

 private:
  struct Question {
    LookUp look_up;
    tokens::Asked asked;
    PacketTime now;
  };
  // That waits for a walk.
  struct Waiting {
    Question question;
    std::optional<host::TcpConnection> connection;
    std::optional<Answer> answer;  // but for its targets
    bool is_answered = true;
  };

  void Wait(const Question& question, const std::optional<host::TcpConnection>& connection,
            std::optional<Answer> answer);
  bool NeedsWalk(const LookUp& look_up) const;

  bool IsKnownAsOwn(const LookUp& look_up, const host::TcpConnection& connection);
  // Set: it is not to be looked up.
  std::optional<Answer> Refused(const Question& question);
  Answer Unlooked(const Question& question);
  Answer Nobody(const Question& question, std::string_view reason);
  Answer Empty(const Question& question, std::string_view reason);
  Answer Ident(const Question& question, const host::TcpConnection& connection);
  Answer Save(const Question& question, const host::TcpConnection& connection,
              host::Snapshot snapshot);
  std::vector<Target> TargetsOf(const host::Snapshot& snapshot) const;
  void AddTargets(const Question& question, const host::Snapshot& snapshot, Answer& answer);
  void NoteUnasked(const Question& question, const Target& target, const std::string& token,
                   std::string_view why);
  void NoteFault(const absl::Status& status, std::string_view what);

  const Options& options_;
  host::Inspector& inspector_;
  tokens::TokenStore& store_;
  RequestGate gate_;
  HopLedger hop_ledger_;
  SourceThrottle refused_log_;
  LogThrottle unexpected_log_;
  IdentFiles ident_files_;
  WalkQueue walks_;
  TraceDesk* trace_desk_ = nullptr;
  std::map<uint64_t, Waiting> waiting_;  // by tag; bounded by the queue
  uint64_t next_tag_ = 1;
  MonitorCounters counters_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_MONITOR_H_
