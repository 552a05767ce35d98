// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_AGENT_TEXT_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_AGENT_TEXT_H_

#include <cstdint>
#include <string>

#include "traceback/tracing/agent/revocation_gate.h"
#include "traceback/tracing/knowledge/exchange.h"
#include "traceback/tracing/knowledge/knowledge.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/rounds/rounds.h"

namespace cairn::tracing {

struct AgentCounters {
  const RoundCounters& rounds;
  const LinkCounters& links;
  const KnowledgeCounters knowledge;
  const ExchangeCounters& exchange;
  const ListCounters& lists;
  uint64_t alerts = 0;  // beside those of rounds
};
// "counters of tracing: begun=1 asked=2 ...", for the log and the metrics.
std::string CountersText(const AgentCounters& counters);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_AGENT_TEXT_H_
