// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ROUNDS_TRACE_MEMORY_H_
#define CAIRN_TRACEBACK_TRACING_ROUNDS_TRACE_MEMORY_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "traceback/tracing/rules/rules.h"
#include "traceback/tracing/wire/fact.h"

namespace cairn::tracing {

// Which traces this host has taken part in lately, and what it said in them: a host that is asked
// again answers from that, and asks nobody.  The oldest is forgotten first.  Thread-compatible.
class TraceMemory {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostFacts = 8;  // of one trace

  // `most`: traces; `time`: how long each is known.
  TraceMemory(size_t most, std::chrono::nanoseconds time) : most_(most), time_(time) {}

  TraceState StateOf(const TraceId& trace, Clock::time_point now);
  // kNew becomes kOwn or kSeen; others stay as they are.
  void Note(const TraceId& trace, bool is_own, Clock::time_point now);
  // What this host has said of that connection.  Null: nothing, or only beside another one.
  const SignedFact* Find(const TraceId& trace, const Connection& connection) const;
  void Remember(const TraceId& trace, const Fact& fact, const SignedFact& signed_fact);
  size_t size() const { return traces_.size(); }

 private:
  struct Said {
    Connection asked;
    SignedFact fact;
  };
  struct Known {
    bool is_own = false;
    std::vector<Said> said;
  };

  const size_t most_;
  const std::chrono::nanoseconds time_;
  absl::flat_hash_map<TraceId, Known> traces_;
  std::deque<std::pair<Clock::time_point, TraceId>> order_;  // when each was first seen
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ROUNDS_TRACE_MEMORY_H_
