// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_SAMPLE_CHAINS_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_SAMPLE_CHAINS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "traceback/tracing/wire/chain.h"

// Chains as they could be, with signatures and certificates of the right size that prove nothing:
// what is kept has been verified by others.
namespace cairn::tracing {

inline constexpr int64_t kSampleSeconds = 1800000000;
PacketTime SampleTime(int64_t seconds_later = 0);
AgentId AgentNamed(const std::string& name);

struct ChainParts {
  std::string origin = "web.example.org";
  uint64_t number = 1;    // of its trace: another one for each
  uint64_t sequence = 0;  // 0: the time in microseconds
  uint64_t previous = 0;
  PacketTime time = SampleTime();
  std::vector<std::string> hosts = {"web", "gate", "laptop"};  // from the last to the first
  std::string user = "alice";
  End end = End::kConsole;
  bool is_noisy = true;  // numbers that differ in each, so that little can be saved by packing
};
Chain SampleChain(const ChainParts& parts);

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_SAMPLE_CHAINS_H_
