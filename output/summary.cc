// SPDX-License-Identifier: BSD-3-Clause
#include "output/summary.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "fmt/format.h"

#include "base/event_schema.h"
#include "json/line.h"
#include "output/rule_uses.h"
#include "output/text_columns.h"

namespace cairn::output {
namespace {

using Json = json::Ordered;

Json CountsJson(const std::map<std::string, uint64_t>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

Json TracingJson(const TracingCounters& tracing) {
  return {{"traces", tracing.traces},
          {"hops", tracing.hops},
          {"claims", tracing.claims},
          {"ended", CountsJson(tracing.ended)},
          {"failed", CountsJson(tracing.failed)}};
}

struct Counter {
  std::string name;
  uint64_t value;
  std::string_view note = {};  // of what had no room: the setting that is the bound
};

constexpr size_t kNameColumns = 22;

std::string Line(std::string_view name, uint64_t value, std::string_view note = {},
                 size_t name_columns = kNameColumns) {
  return fmt::format("  {:<{}}{:>14}{}{}\n", name, name_columns, Grouped(value),
                     note.empty() ? "" : "  ", note);
}

double PerSecond(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::string_view DropText(DropReason reason) {
  switch (reason) {
    case DropReason::kTruncatedLink:
      return "cut in the link header";
    case DropReason::kTruncatedNetwork:
      return "cut in the IP header";
    case DropReason::kTruncatedTransport:
      return "cut in the TCP header";
    case DropReason::kUnknownLinkPayload:
      return "not IP";
    case DropReason::kMalformedNetwork:
      return "malformed IP";
    case DropReason::kMalformedTransport:
      return "malformed TCP";
    case DropReason::kNotTcp:
      return "not TCP";
    case DropReason::kLaterFragment:
      return "later fragments";
    case DropReason::kTunnelDisabled:
      return "tunnel switched off";
    case DropReason::kTunnelTooDeep:
      return "tunnels too deep";
    case DropReason::kUnsupportedLink:
      return "unknown link type";
    case DropReason::kNone:
    case DropReason::kCount:
      break;
  }
  return "other";
}

std::string Section(std::string_view heading, std::span<const Counter> counters) {
  std::string text;
  for (const Counter& counter : counters) {
    if (counter.value > 0) text += Line(counter.name, counter.value, counter.note);
  }
  return text.empty() ? text : fmt::format("{}\n{}", heading, text);
}

std::vector<Counter> DroppedPackets(const CaptureCounters& capture) {
  std::vector<Counter> counters;
  for (size_t i = 1; i < kDropReasonCount; ++i) {
    counters.push_back({std::string(DropText(static_cast<DropReason>(i))), capture.dropped[i]});
  }
  return counters;
}

std::vector<Counter> LostPackets(const CaptureCounters& capture) {
  return {{"lost by the kernel", capture.kernel_dropped},
          {"lost by the interface", capture.interface_dropped},
          {"late, sorted", capture.reordered},
          {"too late, time clamped", capture.clamped},
          {"released early", capture.left_early},
          {"damaged time stamps", capture.wild_stamps},
          {"the clock was set", capture.clock_steps}};
}

// The setting, or settings, for which pairs were evicted.
std::string_view PairBoundName(const DetectorCounters& detector) {
  if (detector.pairs_evicted_by_table == 0) return "timing.max_pairs_per_connection";
  if (detector.pairs_evicted_by_connection == 0) return "timing.max_pairs";
  return "timing.max_pairs, timing.max_pairs_per_connection";
}

// Pairs are evicted all the time: what has gathered no evidence is no loss, and no cause for alarm.
std::string EvictedPairs(const DetectorCounters& detector) {
  if (detector.pairs_evicted == 0) return "";
  std::string note(PairBoundName(detector));
  if (detector.pairs_evicted_promising == 0) note += "; none had half of what an alert needs";
  return Line("  evicted", detector.pairs_evicted, note);
}

std::vector<Counter> DroppedWork(const DetectorCounters& detector) {
  constexpr std::string_view kConnections = "connections.max_connections";
  constexpr std::string_view kHosts = "relays.max_hosts";
  return {
      {"unanswered evicted", detector.evicted_unanswered, kConnections},
      {"connections evicted", detector.evicted_idle, kConnections},
      {"comparisons skipped", detector.candidates_dropped, "timing.max_candidates_per_onset"},
      {"indirect onsets skipped", detector.indirect_skipped,
       "timing.max_indirect_comparisons_per_second"},
      {"onsets decided early", detector.onsets_decided_early},
      {"insertions left out", detector.insertions_left_out},
      {"promising pairs evicted", detector.pairs_evicted_promising, PairBoundName(detector)},
      {"pairs refused", detector.pairs_refused, "full of reported pairs"},
      {"shifted onsets left out", detector.shifted_left_out},
      {"seconds of flows left out", detector.flow_seconds_left_out},
      {"slot connections left out", detector.slot_connections_left_out, "slots.max_connections"},
      {"slot looks skipped", detector.slot_looks_dropped, "slots.max_pairs_per_review"},
      {"relay hosts evicted", detector.relay_hosts_evicted, kHosts},
      {"relay hosts left out", detector.relay_hosts_left_out, kHosts},
      {"chains evicted", detector.chains_evicted, "chains.max_chains"},
      {"chain updates deferred", detector.chain_updates_deferred},
      {"strays evicted", detector.evicted_strays, kConnections},
      {"servers, pairs dropped", detector.session_servers_forgotten,
       "sessions.max_servers, sessions.max_host_pairs"},
      {"alert names left out", detector.session_alerts_left_out}};
}

std::vector<Counter> SegmentsSetAside(const DetectorCounters& detector) {
  return {{"of no known connection", detector.stray_segments},
          {"other hop limit", detector.unbelieved_hop_limit},
          {"wrong checksum", detector.unbelieved_checksum},
          {"RST not believed", detector.unbelieved_reset},
          {"FIN not believed", detector.unbelieved_fin},
          {"SYN not believed", detector.unbelieved_syn},
          {"onsets not believed", detector.onsets_not_believed},
          {"nothing new", detector.retransmitted_segments}};
}

std::vector<Counter> PolicyWork(const DetectorCounters& detector) {
  return {{"alerts suppressed", detector.alerts_suppressed},
          {"alerts marked", detector.alerts_marked},
          {"rule had expired", detector.alerts_by_expired_rule}};
}

std::string PolicyText(const RunSummary& s) {
  constexpr size_t kMostColumns = 40;
  size_t columns = kNameColumns;
  for (const policy::RuleUse& rule : s.rules) {
    columns = std::clamp(rule.rule.size() + 6, columns, kMostColumns);
  }
  std::string text;
  for (const Counter& counter : PolicyWork(s.detector)) {
    if (counter.value > 0) text += Line(counter.name, counter.value, {}, columns);
  }
  for (const policy::RuleUse& rule : s.rules) {
    text += Line("rule " + rule.rule, rule.allowed, RuleNote(rule, s.newest), columns);
  }
  return text.empty() ? text : "policy\n" + text;
}

std::string BorderText(const BorderReport& border) {
  const border::BorderCounters& c = border.counters;
  std::string text;
  if (border.has_networks) {
    text += Line("  crossing the border", c.crossing(),
                 fmt::format("{} opened from outside, {} from inside", Grouped(c.inbound),
                             Grouped(c.outbound)));
    if (c.inside + c.outside > 0) {
      text += Line("  not crossing it", c.inside + c.outside,
                   fmt::format("{} inside, {} outside", Grouped(c.inside), Grouped(c.outside)));
    }
  }
  if (c.with_data() == 0) return text;
  const std::string others = border.has_networks
                                 ? fmt::format("{} into the site only, {} out of it only",
                                               Grouped(c.data_in_only), Grouped(c.data_out_only))
                                 : fmt::format("{} one way only", Grouped(c.data_one_way));
  return text + Line("  with data both ways", c.data_both_ways, others);
}

Json BorderJson(const BorderReport& border) {
  const border::BorderCounters& c = border.counters;
  Json seen = Json::array();
  for (const border::NetworkSeen& network : border.seen) {
    seen.push_back({{"network", network.network}, {"connections", network.connections}});
  }
  return {{"protected_networks", border.has_networks},
          {"inbound", c.inbound},
          {"outbound", c.outbound},
          {"inside", c.inside},
          {"outside", c.outside},
          {"unplaced", c.unplaced},
          {"data_both_ways", c.data_both_ways},
          {"data_in_only", c.data_in_only},
          {"data_out_only", c.data_out_only},
          {"data_one_way", c.data_one_way},
          {"captured_one_way", c.captured_one_way},
          {"networks_left_out", c.networks_left_out},
          {"networks_seen", std::move(seen)}};
}

Json CaptureJson(const CaptureCounters& capture) {
  Json dropped = Json::object();
  for (size_t i = 1; i < kDropReasonCount; ++i) {
    dropped[std::string(DropReasonName(static_cast<DropReason>(i)))] = capture.dropped[i];
  }
  return {{"packets", capture.packets},
          {"captured_bytes", capture.captured_bytes},
          {"segments", capture.segments},
          {"dropped", std::move(dropped)},
          {"reordered", capture.reordered},
          {"clamped", capture.clamped},
          {"left_early", capture.left_early},
          {"clock_steps", capture.clock_steps},
          {"wild_stamps", capture.wild_stamps},
          {"kernel_dropped", capture.kernel_dropped},
          {"interface_dropped", capture.interface_dropped}};
}

Json DetectorJson(const DetectorCounters& detector) {
  return {{"segments", detector.segments},
          {"connections", detector.connections},
          {"connections_open", detector.connections_open},
          {"connections_peak", detector.connections_peak},
          {"connections_midstream", detector.connections_midstream},
          {"connections_timed_out", detector.connections_timed_out},
          {"evicted_unanswered", detector.evicted_unanswered},
          {"evicted_idle", detector.evicted_idle},
          {"stray_segments", detector.stray_segments},
          {"late_segments", detector.late_segments},
          {"unbelieved_hop_limit", detector.unbelieved_hop_limit},
          {"unbelieved_checksum", detector.unbelieved_checksum},
          {"unbelieved_reset", detector.unbelieved_reset},
          {"unbelieved_fin", detector.unbelieved_fin},
          {"unbelieved_syn", detector.unbelieved_syn},
          {"flows_corrected", detector.flows_corrected},
          {"retransmitted_segments", detector.retransmitted_segments},
          {"out_of_order_segments", detector.out_of_order_segments},
          {"onsets", detector.onsets},
          {"onsets_not_believed", detector.onsets_not_believed},
          {"onsets_guarded", detector.onsets_guarded},
          {"onsets_decided_early", detector.onsets_decided_early},
          {"candidates", detector.candidates},
          {"candidates_dropped", detector.candidates_dropped},
          {"indirect_skipped", detector.indirect_skipped},
          {"pair_trials", detector.pair_trials},
          {"coincidences", detector.coincidences},
          {"pairs", detector.pairs},
          {"pairs_held", detector.pairs_held},
          {"pairs_peak", detector.pairs_peak},
          {"pairs_evicted", detector.pairs_evicted},
          {"pairs_evicted_by_connection", detector.pairs_evicted_by_connection},
          {"pairs_evicted_by_table", detector.pairs_evicted_by_table},
          {"pairs_evicted_promising", detector.pairs_evicted_promising},
          {"pairs_refused", detector.pairs_refused},
          {"pairs_hopeless", detector.pairs_hopeless},
          {"shifted_left_out", detector.shifted_left_out},
          {"flow_seconds_left_out", detector.flow_seconds_left_out},
          {"slot_connections_left_out", detector.slot_connections_left_out},
          {"slot_pairs", detector.slot_pairs},
          {"slot_looks", detector.slot_looks},
          {"slot_looks_in_full", detector.slot_looks_in_full},
          {"slot_looks_dropped", detector.slot_looks_dropped},
          {"relay_activities", detector.relay_activities},
          {"relay_hosts_watched", detector.relay_hosts_watched},
          {"relay_hosts_peak", detector.relay_hosts_peak},
          {"relay_hosts_evicted", detector.relay_hosts_evicted},
          {"relay_hosts_left_out", detector.relay_hosts_left_out},
          {"relay_decisions", detector.relay_decisions},
          {"suspect_hosts", detector.suspect_hosts},
          {"sessions", detector.sessions},
          {"session_records", detector.session_records},
          {"session_interim_records", detector.session_interim_records},
          {"session_servers_forgotten", detector.session_servers_forgotten},
          {"session_alerts_left_out", detector.session_alerts_left_out},
          {"evicted_strays", detector.evicted_strays},
          {"stepping_stones", detector.stepping_stones},
          {"roles_revised", detector.roles_revised},
          {"message_relays", detector.message_relays},
          {"unjudged", detector.unjudged},
          {"relay_nodes", detector.relay_nodes},
          {"exposures", detector.exposures},
          {"insertions", detector.insertions},
          {"insertions_left_out", detector.insertions_left_out},
          {"chains", detector.chains},
          {"chains_evicted", detector.chains_evicted},
          {"chain_updates_deferred", detector.chain_updates_deferred},
          {"alerts_suppressed", detector.alerts_suppressed},
          {"alerts_marked", detector.alerts_marked},
          {"alerts_by_expired_rule", detector.alerts_by_expired_rule}};
}

Json TracebackJson(const TracebackCounters& traceback) {
  return {{"asked", traceback.asked},
          {"tokens", traceback.tokens},
          {"failed", CountsJson(traceback.failed)}};
}

std::string TracebackText(const TracebackCounters& traceback) {
  std::string text = Line("hosts asked", traceback.asked,
                          fmt::format("{} gave a token", Grouped(traceback.tokens)));
  for (const auto& [reason, count] : traceback.failed) text += Line("  " + reason, count);
  return text;
}

std::string TracingText(const TracingCounters& tracing) {
  std::string text =
      Line("chains traced", tracing.traces,
           fmt::format("{} hops, {} claims", Grouped(tracing.hops), Grouped(tracing.claims)));
  for (const auto& [end, count] : tracing.ended) text += Line("  to " + end, count);
  for (const auto& [reason, count] : tracing.failed) text += Line("  failed, " + reason, count);
  return text;
}

double Rounded(double value) { return std::round(value * 1000) / 1000; }

}  // namespace

std::string SummaryText(const RunSummary& s) {
  std::string text = fmt::format(
      "{} {}: {:.2f} s, {:.2f} CPU s, {:.0f} packets/s, {:.0f} packets per CPU s, {} MiB\n",
      s.command, s.end, s.wall_seconds, s.cpu_seconds, PerSecond(s.capture.packets, s.wall_seconds),
      PerSecond(s.capture.packets, s.cpu_seconds), s.peak_memory_bytes >> 20);
  text += Line("packets", s.capture.packets);
  text += Line("TCP segments", s.capture.segments);
  text += Line(
      "connections", s.detector.connections,
      fmt::format("at most {} open, {} seen from the middle", Grouped(s.detector.connections_peak),
                  Grouped(s.detector.connections_midstream)));
  text += BorderText(s.border);
  if (s.detector.sessions > 0) {
    text += Line("sessions", s.detector.sessions,
                 fmt::format("{} records", Grouped(s.detector.session_records)));
  }
  text += Line("onsets", s.detector.onsets);
  text += Line("pairs compared", s.detector.pairs,
               fmt::format("at most {} held", Grouped(s.detector.pairs_peak)));
  text += EvictedPairs(s.detector);
  text += Line("stepping stones", s.detector.stepping_stones);
  if (s.detector.roles_revised > 0) {
    text += Line("  corrected", s.detector.roles_revised, "upstream and downstream");
  }
  if (s.detector.message_relays > 0) {
    text += Line("message relays", s.detector.message_relays, "chat and the like, no login chains");
  }
  if (s.detector.unjudged > 0) {
    text += Line("pairs unjudged", s.detector.unjudged, "at a constant rate, nothing to compare");
  }
  if (s.detector.relay_nodes > 0) {
    text += Line("relay nodes", s.detector.relay_nodes, "by all their flows, whoever sends");
  }
  text += Line("exposures", s.detector.exposures);
  text += Line("chains", s.detector.chains);
  if (s.traceback.has_value()) text += TracebackText(*s.traceback);
  if (s.tracing.has_value()) text += TracingText(*s.tracing);
  text += PolicyText(s);
  text += Section("packets without a segment", DroppedPackets(s.capture));
  text += Section("segments without timing", SegmentsSetAside(s.detector));
  text += Section("lost or late packets", LostPackets(s.capture));
  text += Section("dropped at a limit", DroppedWork(s.detector));
  return text;
}

std::string SummaryJson(const RunSummary& s) {
  Json json = {{"schema", kAlertSchema},
               {"event", "summary"},
               {"command", s.command},
               {"end", s.end},
               {"wall_s", Rounded(s.wall_seconds)},
               {"cpu_s", Rounded(s.cpu_seconds)},
               {"packets_per_s", std::round(PerSecond(s.capture.packets, s.wall_seconds))},
               {"packets_per_cpu_s", std::round(PerSecond(s.capture.packets, s.cpu_seconds))},
               {"peak_memory_bytes", s.peak_memory_bytes},
               {"capture", CaptureJson(s.capture)},
               {"detector", DetectorJson(s.detector)},
               {"border", BorderJson(s.border)},
               {"rules", RulesJson(s.rules, s.newest)},
               {"warnings", BorderAdvice(s.border)}};
  if (s.traceback.has_value()) json["traceback"] = TracebackJson(*s.traceback);
  if (s.tracing.has_value()) json["tracing"] = TracingJson(*s.tracing);
  return json::Line(json);
}

}  // namespace cairn::output
