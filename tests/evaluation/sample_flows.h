// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_EVALUATION_SAMPLE_FLOWS_H_
#define CAIRN_TESTS_EVALUATION_SAMPLE_FLOWS_H_

#include <algorithm>
#include <vector>

#include "evaluation/channel.h"
#include "evaluation/condition.h"
#include "evaluation/session.h"

namespace cairn::evaluation {

inline PacketTime At(int64_t ms) { return kSessionStart + PacketDelta::FromMilliseconds(ms); }

inline Stream StreamOf(const std::vector<int64_t>& times_ms) {
  Stream stream;
  for (const int64_t ms : times_ms) stream.push_back({At(ms), false});
  return stream;
}

inline FlowTimes FlowOf(const std::vector<int64_t>& times_ms) {
  return TimesOf(StreamOf(times_ms));
}

// One segment every `gap_ms`, so many.
inline Stream Regular(int count, int64_t gap_ms) {
  Stream stream;
  for (int i = 0; i < count; ++i) stream.push_back({At((i + 1) * gap_ms), false});
  return stream;
}

inline bool IsAscending(const FlowTimes& times) {
  return std::is_sorted(times.begin(), times.end());
}

inline Condition Named(const std::string& name) { return *FindCondition(name); }

// Every leg's both flows.
inline std::vector<const FlowTimes*> FlowsOf(const Session& session) {
  return {&session.upstream.forward, &session.upstream.backward, &session.downstream.forward,
          &session.downstream.backward};
}

}  // namespace cairn::evaluation

#endif  // CAIRN_TESTS_EVALUATION_SAMPLE_FLOWS_H_
