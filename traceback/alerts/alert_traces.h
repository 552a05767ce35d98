// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_ALERTS_ALERT_TRACES_H_
#define CAIRN_TRACEBACK_ALERTS_ALERT_TRACES_H_

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detector/findings/event.h"
#include "traceback/alerts/options.h"
#include "traceback/alerts/suspect.h"
#include "traceback/findings/traceback_event.h"
#include "traceback/tracing/asker/trace_events.h"
#include "traceback/tracing/asker/tracer.h"

namespace cairn::alerts {

// What the hosts of the chains may be asked for: the allowed networks, or else the protected ones.
tracing::AskerOptions AskerOptionsOf(const Options& options, const PrefixSet& protected_networks);

// Has the chain of an alert traced: the stepping stone's agent is asked about the downstream
// connection.  Where the stone may not be asked, and the originator of the upstream connection may,
// that one is asked about its own.
//
// Only hosts of the allowed networks are ever asked, also along the chain.  Nothing here waits for
// a host.  Thread-compatible.
class AlertTraces {
 public:
  // `tracer` was made with AskerOptionsOf(); it outlives this, and nobody else uses it.
  AlertTraces(const Options& options, const PrefixSet& protected_networks,
              tracing::TraceRunner& tracer);

  // Asks, if the event is a reason to.
  void Observe(const Event& event);
  // What has become known since the last call, in its order.
  std::vector<TracebackEvent> Take();
  // Of the traces that Take() has told the end of: those whose host has no agent, or none that
  // answers.
  std::vector<Suspect> TakeWithoutAgent() { return std::exchange(without_agent_, {}); }
  // Waits until there is something to take, or all traces have ended; false: neither until then.
  bool WaitUntil(std::chrono::steady_clock::time_point deadline);
  bool idle() const { return open_.empty() && ended_.empty(); }
  // The longest that a trace can take.
  std::chrono::nanoseconds Patience() const;
  // Ends what is open with what is known; to be called last, before a last Take().
  void GiveUp() { tracer_.GiveUp(); }
  // What is wrong with the tracer now, for people; empty: nothing.
  std::string fault() const { return tracer_.fault(); }

 private:
  struct Open {
    Suspect suspect;
    tracing::TraceSubject subject;
  };

  void Ask(const Suspect& suspect);

  const Options options_;
  const PrefixSet networks_;
  SuspectSieve sieve_;
  tracing::TraceRunner& tracer_;
  tracing::AskId next_id_ = 1;
  std::map<tracing::AskId, Open> open_;  // at most what the tracer takes, and what it has refused
  std::vector<TracebackEvent> ended_;
  std::vector<Suspect> without_agent_;
};

}  // namespace cairn::alerts

#endif  // CAIRN_TRACEBACK_ALERTS_ALERT_TRACES_H_
