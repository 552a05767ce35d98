// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rounds/trace_memory.h"

namespace cairn::tracing {

TraceState TraceMemory::StateOf(const TraceId& trace, Clock::time_point now) {
  while (!order_.empty() && order_.front().first + time_ < now) {
    traces_.erase(order_.front().second);
    order_.pop_front();
  }
  const auto known = traces_.find(trace);
  if (known == traces_.end()) return TraceState::kNew;
  return known->second.is_own ? TraceState::kOwn : TraceState::kSeen;
}

void TraceMemory::Note(const TraceId& trace, bool is_own, Clock::time_point now) {
  if (!traces_.emplace(trace, Known{.is_own = is_own, .said = {}}).second) return;
  order_.emplace_back(now, trace);
  if (order_.size() <= most_) return;
  traces_.erase(order_.front().second);
  order_.pop_front();
}

const SignedFact* TraceMemory::Find(const TraceId& trace, const Connection& connection) const {
  const auto known = traces_.find(trace);
  if (known == traces_.end()) return nullptr;
  for (const Said& said : known->second.said) {
    if (said.asked == connection) return &said.fact;
  }
  return nullptr;
}

void TraceMemory::Remember(const TraceId& trace, const Fact& fact, const SignedFact& signed_fact) {
  const auto known = traces_.find(trace);
  if (known == traces_.end() || known->second.said.size() >= kMostFacts) return;
  // A fact that names nothing may be out of date when it is asked for again: it is looked at anew.
  if (fact.finding == Finding::kFailed || fact.finding == Finding::kNoSuchConnection) return;
  known->second.said.push_back({.asked = fact.asked, .fact = signed_fact});
}

}  // namespace cairn::tracing
