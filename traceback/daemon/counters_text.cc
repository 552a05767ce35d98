// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/counters_text.h"

#include "fmt/format.h"

namespace cairn::daemon {

std::string CountersText(const FrontCounters& c) {
  return fmt::format(
      "counters of the network side: connections={} connections_refused={} "
      "connections_displaced={} timed_out={} lines_too_long={} requests={} faulty={} "
      "rate_limited={} deferred={} overloaded={} cycles={} unremembered={} askers_forgotten={} "
      "hops_asked={} hops_answered={} hops_dropped={}",
      c.connections, c.connections_refused, c.connections_displaced, c.timed_out, c.lines_too_long,
      c.requests, c.faulty, c.rate_limited, c.deferred, c.overloaded, c.cycles, c.unremembered,
      c.askers_forgotten, c.hops_asked, c.hops_answered, c.hops_dropped);
}

std::string CountersText(const MonitorCounters& c) {
  return fmt::format(
      "counters of the monitor: found={} not_found={} not_ours={} names={} saved={} not_saved={} "
      "truncated={} targets_left_out={}",
      c.found, c.not_found, c.not_ours, c.names, c.saved, c.not_saved, c.truncated,
      c.targets_left_out);
}

std::string CountersText(const tokens::StoreCounters& c, uint64_t used_bytes) {
  return fmt::format(
      "counters of the store: records={} record_bytes={} stored_bytes={} idents={} "
      "unsaved_quota={} unsaved_share={} unsaved_free={} unsaved_fault={} expired={} next_hops={} "
      "used_bytes={}",
      c.records, c.records_bytes, c.stored_bytes, c.idents, c.unsaved_quota, c.unsaved_share,
      c.unsaved_free, c.unsaved_fault, c.expired, c.next_hops, used_bytes);
}

}  // namespace cairn::daemon
