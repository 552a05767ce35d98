// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_MONITOR_H_
#define CAIRN_TRACEBACK_DAEMON_MONITOR_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "capture/time.h"
#include "traceback/daemon/channel.h"
#include "traceback/daemon/ident_file.h"
#include "traceback/daemon/options.h"
#include "traceback/host/inspector.h"
#include "traceback/tokens/record.h"
#include "traceback/tokens/token_store.h"

namespace cairn::daemon {

// Only grows.
struct MonitorCounters {
  uint64_t found = 0;             // connections that existed, and might be revealed
  uint64_t not_found = 0;         // that did not exist
  uint64_t not_ours = 0;          // that another host had opened, asked for without an address
  uint64_t names = 0;             // given instead of tokens
  uint64_t saved = 0;             // records
  uint64_t not_saved = 0;         // tokens of SV types behind which there is nothing
  uint64_t truncated = 0;         // records with more processes than are kept
  uint64_t targets_left_out = 0;  // previous hosts beyond max_targets
};

// Answers what the front asks: looks at sockets and processes, saves records, decides what may be
// told.  The privileged side; believes nothing that the front says beyond what any asker could.
// Thread-compatible; one question at a time, each within milliseconds.
class Monitor {
 public:
  // Requires: both outlive this.
  Monitor(const Options& options, host::Inspector& inspector, tokens::TokenStore& store)
      : options_(options), inspector_(inspector), store_(store) {}

  Answer Handle(const LookUp& look_up, PacketTime now);
  void Handle(const HopReport& report, PacketTime now);

  const MonitorCounters& counters() const { return counters_; }

 private:
  struct Question {
    const LookUp& look_up;
    tokens::Asked asked;
    PacketTime now;
  };

  Answer Nobody(const Question& question, std::string_view reason);
  Answer Empty(const Question& question, std::string_view reason);
  Answer Ident(const Question& question, const host::TcpConnection& connection);
  Answer Save(const Question& question, const host::TcpConnection& connection);
  void AddTargets(const Question& question, const host::Snapshot& snapshot, Answer& answer);
  void NoteFault(const absl::Status& status, std::string_view what);

  const Options& options_;
  host::Inspector& inspector_;
  tokens::TokenStore& store_;
  IdentFiles ident_files_;
  MonitorCounters counters_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_MONITOR_H_
