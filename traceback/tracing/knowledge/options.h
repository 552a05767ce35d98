// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_OPTIONS_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_OPTIONS_H_

#include <cstdint>

#include "base/time.h"

namespace cairn::tracing {

// What an agent keeps of finished chains, and how it shares them.
struct KnowledgeOptions {
  PacketDelta max_age = PacketDelta::FromSeconds(90LL * 24 * 3600);
  uint32_t max_chains = 10000;
  uint64_t max_bytes = 64ULL << 20;
  PacketDelta exchange_interval = PacketDelta::FromSeconds(30);
  uint32_t exchange_peers = 2;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_OPTIONS_H_
