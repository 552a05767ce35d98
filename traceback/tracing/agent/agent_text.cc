// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/agent_text.h"

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

std::string Text(const RoundCounters& c) {
  return fmt::format(
      "traces_begun={} traces_for_askers={} traces_asked={} traces_answered_known={} "
      "traces_denied={} traces_over_rate={} trace_looks={} "
      "trace_looks_saved={} trace_asks={} trace_hops={} trace_unproven={} trace_unexpected={} "
      "trace_peers_lost={} "
      "traces_out_of_time={} traces_cancelled={}",
      c.begun, c.for_askers, c.asked, c.answered_known, c.denied, c.over_rate, c.looks,
      c.looks_saved, c.asks, c.hops, c.unproven, c.unexpected, c.peers_lost, c.out_of_time,
      c.cancelled);
}

std::string Text(const LinkCounters& c) {
  return fmt::format(
      "links_accepted={} handshakes={} handshakes_failed={} handshakes_resumed={} "
      "links_refused_rate={} links_refused_busy={} links_refused_source={} links_timed_out={} "
      "links_invalid={} port_hops={} tracing_bytes_sent={} tracing_bytes_received={} "
      "tracing_messages_sent={} tracing_messages_received={}",
      c.accepted, c.handshakes, c.handshakes_failed, c.resumed, c.refused_rate, c.refused_busy,
      c.refused_source, c.timed_out, c.invalid, c.hops, c.bytes_sent, c.bytes_received,
      c.messages_sent, c.messages_received);
}

std::string Text(const KnowledgeCounters& c) {
  return fmt::format(
      "chains={} chain_origins={} chain_bytes={} chain_file_bytes={} chains_unsaved={} "
      "chains_added={} chains_duplicate={} chains_too_old={} chains_refused={} "
      "chains_conflicting={} chains_evicted_age={} chains_evicted_room={} chain_gaps_given_up={} "
      "chain_records_damaged={} chain_cut_bytes={} chain_write_failures={} chain_compactions={}",
      c.chains, c.origins, c.bytes, c.file_bytes, c.unsaved, c.added, c.duplicates, c.too_old,
      c.refused, c.conflicts, c.evicted_age, c.evicted_room, c.gaps_given_up, c.damaged,
      c.cut_bytes, c.write_failures, c.compactions);
}

std::string Text(const ExchangeCounters& c) {
  return fmt::format(
      "pulls_sent={} pulls_received={} pulls_refused={} pushes_sent={} pushes_received={} "
      "chains_sent={} chains_received={} chains_unwanted={} chains_invalid={} chains_dropped={}",
      c.pulls_sent, c.pulls_received, c.pulls_refused, c.pushes_sent, c.pushes_received,
      c.chains_sent, c.chains_received, c.chains_unwanted, c.chains_invalid, c.chains_dropped);
}

std::string Text(const ListCounters& c) {
  return fmt::format("lists_taken={} lists_useless={} lists_skipped={}", c.taken, c.useless,
                     c.skipped);
}

}  // namespace

std::string CountersText(const AgentCounters& counters) {
  return fmt::format("counters of tracing: {} {} {} {} {} trace_alerts={}", Text(counters.rounds),
                     Text(counters.links), Text(counters.knowledge), Text(counters.exchange),
                     Text(counters.lists), counters.alerts + counters.rounds.alerts);
}

}  // namespace cairn::tracing
