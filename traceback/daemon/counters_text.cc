// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/counters_text.h"

#include "fmt/format.h"

namespace cairn::daemon {

std::string CountersText(const FrontCounters& c) {
  return fmt::format(
      "counters of the network side: connections={} connections_refused={} "
      "connections_displaced={} timed_out={} lines_too_long={} requests={} faulty={} "
      "rate_limited={} deferred={} overloaded={} cycles={} unremembered={} askers_forgotten={} "
      "hops_asked={} hops_answered={} hops_dropped={} hops_joined={} not_allowed={} "
      "refusals_unnoted={}",
      c.connections, c.connections_refused, c.connections_displaced, c.timed_out, c.lines_too_long,
      c.requests, c.faulty, c.rate_limited, c.deferred, c.overloaded, c.cycles, c.unremembered,
      c.askers_forgotten, c.hops_asked, c.hops_answered, c.hops_dropped, c.hops_joined,
      c.not_allowed, c.refusals_unnoted);
}

std::string CountersText(const MonitorCounters& c, const WalkCounters& w) {
  return fmt::format(
      "counters of the monitor: found={} not_found={} not_ours={} names={} saved={} not_saved={} "
      "truncated={} targets_left_out={} targets_not_allowed={} hops_unexpected={} unproven={} "
      "gate_limited={} gate_not_allowed={} refusals_noted={} refusals_unnoted={} "
      "saved_for_traces={} looks={} walks_again={} out_of_time={} out_of_memory={} walk_faults={} "
      "not_walked={}",
      c.found, c.not_found, c.not_ours, c.names, c.saved, c.not_saved, c.truncated,
      c.targets_left_out, c.targets_not_allowed, c.hops_unexpected, c.unproven, c.gate_limited,
      c.gate_not_allowed, c.refusals_noted, c.refusals_unnoted, c.saved_for_traces, w.looks,
      w.walks_again, w.out_of_time, w.out_of_memory, w.walk_faults, w.not_walked);
}

std::string CountersText(const tokens::StoreCounters& c, uint64_t used_bytes) {
  return fmt::format(
      "counters of the store: records={} record_bytes={} stored_bytes={} records_cut={} idents={} "
      "unsaved_quota={} unsaved_share={} unsaved_trusted={} unsaved_free={} unsaved_fault={} "
      "unsynced={} reserve_given={} expired={} next_hops={} used_bytes={}",
      c.records, c.records_bytes, c.stored_bytes, c.records_cut, c.idents, c.unsaved_quota,
      c.unsaved_share, c.unsaved_trusted, c.unsaved_free, c.unsaved_fault, c.unsynced,
      c.reserve_given, c.expired, c.next_hops, used_bytes);
}

std::string CountersText(const TraceDeskCounters& c) {
  return fmt::format(
      "trace_questions={} trace_not_found={} trace_facts={} trace_unsigned={} trace_refused={}",
      c.looks, c.not_found, c.facts, c.unsigned_facts, c.refused);
}

}  // namespace cairn::daemon
