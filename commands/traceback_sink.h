// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_TRACEBACK_SINK_H_
#define CAIRN_COMMANDS_TRACEBACK_SINK_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "commands/outputs.h"
#include "commands/run_options.h"
#include "config/settings.h"
#include "detector/findings/event.h"
#include "output/summary.h"
#include "traceback/alerts/alert_requests.h"
#include "traceback/alerts/alert_traces.h"

namespace cairn::commands {

// Between the detector and its outputs: events go through, and, if the user wants it, upon some of
// them hosts are asked: agents to trace the chain, and hosts to remember who owns the connection.
// What hosts answer goes to the same outputs, whenever it is looked for.
//
// Both at once, if both are wanted: what a host remembers is evidence, and does not wait for a
// trace.  If only traces are, a host without an agent is asked to remember, in its place.
class TracebackSink : public EventSink {
 public:
  struct Asks {
    std::string_view command;  // for messages
    bool quiet = false;
    bool tokens = false;                     // hosts are asked to remember
    tracing::TraceRunner* tracer = nullptr;  // outlives the sink; null: nothing is traced
  };

  // Requires: both outlive this.
  TracebackSink(Outputs& outputs, const alerts::Options& options,
                const PrefixSet& protected_networks, const Asks& asks);

  // The event first, then the question: an alert waits for nobody.
  absl::Status Write(const Event& event) override;
  absl::Status WriteScore(const HostScore& score) override { return outputs_.WriteScore(score); }
  absl::Status WriteSession(const SessionRecord& session) override {
    return outputs_.WriteSession(session);
  }

  // Writes what hosts have answered meanwhile.
  absl::Status WriteAnswers();
  // Waits for the answers that are still out, as long as they may take or until a stop signal, and
  // writes them; the others are written as unfinished.
  absl::Status Finish();
  // Unset: nobody was to be asked to remember.
  const std::optional<output::TracebackCounters>& counters() const { return counters_; }
  // Unset: nothing was to be traced.
  const std::optional<output::TracingCounters>& tracing_counters() const { return tracing_; }

 private:
  absl::Status WriteAll(const std::vector<TracebackEvent>& events);
  bool AllHaveAnswered();
  void TellFault();

  Outputs& outputs_;
  const Asks asks_;
  std::optional<alerts::AlertTraces> traces_;
  std::optional<alerts::AlertRequests> requests_;
  std::optional<output::TracebackCounters> counters_;
  std::optional<output::TracingCounters> tracing_;
  std::string told_fault_;
};

// Who traces chains, if options.trace holds; null: it does not.  Errors name the file that cannot
// be used, and say what to do.  Starts a thread.
absl::StatusOr<std::unique_ptr<tracing::Tracer>> TracerFor(const RunOptions& options,
                                                           const config::Settings& settings);

// Says on standard error, as from `command`, which hosts may be asked what, and where they can see
// it; nothing, if none is asked.
void TellWhoIsAsked(std::string_view command, const RunOptions& options,
                    const config::Settings& settings);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_TRACEBACK_SINK_H_
