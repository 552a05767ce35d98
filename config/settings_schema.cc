// SPDX-License-Identifier: BSD-3-Clause
#include "config/settings_schema.h"

#include "config/keys/durations.h"
#include "config/policy_values.h"

namespace cairn::config {
namespace {

constexpr PacketDelta kNanosecond = PacketDelta::FromNanoseconds(1);

using Table = Schema<Settings>;

void AddProtectedNetworks(Table& table) {
  Group(
      table, "", "", [](auto& s) -> auto& { return s.detector; })
      .Add("protected_networks", &DetectorOptions::protected_networks, Networks(),
           "The site's own networks. With them, one connection of a pair must carry data into the "
           "site and the other out of it; without them all pairs are compared.");
}

void AddCapture(Table& table) {
  using capture::Options;
  using capture::TunnelOptions;
  Group(
      table, "capture", "How packets become TCP segments.",
      [](auto& s) -> auto& { return s.capture; })
      .Add("reorder_window", &Options::reorder_window,
           Duration(PacketDelta::Zero(), kSecond * 60, "10ms"),
           "Segments out of time order are sorted if they are at most this late; later ones are "
           "counted and get the newest time. With 0s the order in the capture counts.")
      .Add("interface_window", &Options::interface_window,
           Duration(PacketDelta::Zero(), kSecond * 60, "1s"),
           "How long, in packet time, one interface of a pcapng file waits for the packets of the "
           "others.")
      .Add("snap_length", &Options::snap_length_bytes, Narrow<uint32_t>(Size(96, 262144, "192")),
           "Live capture: how many bytes of each packet the kernel hands over. The headers must "
           "fit.")
      .Add("ring", &Options::ring_bytes, Size(1 << 20, 2ULL << 30, "64MiB"),
           "Live capture: the kernel's packet buffer. A larger one survives longer bursts without "
           "drops.")
      .Add("promiscuous", &Options::promiscuous, Boolean(),
           "Live capture: take packets that are not addressed to this machine, as a span port "
           "delivers them.")
      .Add("filter", &Options::filter,
           Text(0, 4096, "a pcap-filter(7) expression", "\"tcp or vlan\""),
           "Live capture: which packets the kernel hands over, as a pcap-filter(7) expression. "
           "Empty: all of them.");
  Group(
      table, "capture.details", "What is read beyond the headers, for session records.",
      [](auto& s) -> auto& { return s.capture.details; })
      .Add("fingerprint_bytes", &capture::DetailOptions::fingerprint_bytes,
           Narrow<uint32_t>(Size(0, 4096, "64")),
           "How many bytes of each session's first data go into a fingerprint, by which similar "
           "data are recognised. Live capture then copies as much more of each packet. 0: no "
           "fingerprints.");
  Group(
      table, "capture.tunnels", "Which tunnels are decoded. Packets of others are counted.",
      [](auto& s) -> auto& { return s.capture.tunnels; })
      .Add("gre", &TunnelOptions::gre, Boolean(), "GRE.")
      .Add("ip_in_ip", &TunnelOptions::ip_in_ip, Boolean(),
           "IPv4 or IPv6 directly inside IPv4 or IPv6; this includes 6in4.")
      .Add("vxlan", &TunnelOptions::vxlan, Boolean(), "VXLAN.")
      .Add("vxlan_port", &TunnelOptions::vxlan_port, Port(), "The UDP port that carries VXLAN.")
      .Add("geneve", &TunnelOptions::geneve, Boolean(), "GENEVE.")
      .Add("geneve_port", &TunnelOptions::geneve_port, Port(), "The UDP port that carries GENEVE.")
      .Add("max_depth", &TunnelOptions::max_depth, Count<uint32_t>(0, 16, "4"),
           "How many tunnels may be nested; deeper packets are counted.");
}

void AddConnections(Table& table) {
  using connections::Options;
  Group(
      table, "connections",
      "The connection table. Time-outs are packet time without a segment in either direction.",
      [](auto& s) -> auto& { return s.detector.connections; })
      .Add("max_connections", &Options::max_connections, Count<uint32_t>(1, 100000000, "1M"),
           "Connections held at once. If the table is full, attempts without an answer are evicted "
           "first, then the longest idle; both are counted.")
      .Add("handshake_timeout", &Options::handshake_timeout, Duration(kMillisecond, kHour, "60s"),
           "An attempt without an answer is forgotten after this time.")
      .Add("established_timeout", &Options::established_timeout, Duration(kSecond, kYear, "24h"),
           "A silent open connection is forgotten after this time. People leave terminals open for "
           "hours.")
      .Add("closing_timeout", &Options::closing_timeout,
           Duration(PacketDelta::Zero(), kHour, "10s"),
           "A connection is kept for this time after both FINs or a RST, for late segments.");
}

// The same keys for both kinds of pair.
void AddPairRules(Table& table, std::string path, std::string documentation,
                  timing::PairRules timing::Options::*kind) {
  using timing::PairRules;
  Group(
      table, std::move(path),
      std::move(documentation), [kind](auto& s) -> auto& { return s.detector.timing.*kind; })
      .Add("enabled", &PairRules::enabled, Boolean(),
           "Whether pairs of this kind are searched for.")
      .Add("idle_threshold", &PairRules::idle_threshold, Duration(kMillisecond, kHour, "500ms"),
           "A flow that sends no new data for longer than this is OFF; its next new data is an "
           "onset (T_idle).")
      .Add("coincidence_window", &PairRules::coincidence_window,
           Duration(kNanosecond, kHour, "80ms"),
           "Two onsets at most this far apart coincide (delta). Must be shorter than "
           "idle_threshold.")
      .Add("min_ratio", &PairRules::min_ratio, Ratio(0, 1, "0.3"),
           "The share of the onsets that must coincide: coincidences divided by the onsets of the "
           "flow with fewer of them (gamma).")
      .Add("min_consecutive", &PairRules::min_consecutive, Count<uint32_t>(1, 1000000, "4"),
           "Coincidences in a row that a pair needs before it is reported.")
      .Add("min_coincidences", &PairRules::min_coincidences, Count<uint32_t>(1, 1000000, "6"),
           "Coincidences, both directions together, that a pair needs before it is reported.")
      .Add("consecutive_scale", &PairRules::consecutive_scale,
           Count<uint32_t>(1, 1000000000, "100"),
           "min_consecutive grows with long connections: it is multiplied by the number of onsets "
           "(of the flow with fewer) divided by this number, if that is more than 1.")
      .Add("directionality", &PairRules::directionality, Boolean(),
           "Whether order counts: only onsets in the order of a relay are evidence, and those in "
           "the opposite order are subtracted.")
      .Add("both_directions", &PairRules::both_directions, Boolean(),
           "Whether keystrokes and echoes must both coincide, if the capture shows both. A "
           "broadcast imitates only one of them.")
      .Add("min_weaker_ratio", &PairRules::min_weaker_ratio, Ratio(0, 1, "0.2"),
           "The share of the onsets that must coincide in the weaker direction, for "
           "both_directions.")
      .Add("period_tolerance", &PairRules::period_tolerance,
           Duration(PacketDelta::Zero(), kHour, "40ms"),
           "An onset that ends the third equal interval in a row, to within this, is periodic and "
           "no evidence. 0s: off.")
      .Add("from_first_coincidence", &PairRules::from_first_coincidence, Boolean(),
           "With rule thresholds: watch a pair from its first coincidence on, as published, and "
           "keep it. Otherwise from the second in a row on, until it looks hopeless.")
      .Add("candidate_window", &PairRules::candidate_window, Duration(kMillisecond, kHour, "600ms"),
           "With rule evidence: connections whose onsets are at most this far apart are watched as "
           "a pair.")
      .Add("min_hits", &PairRules::min_hits, Count<uint32_t>(1, 1000000, "6"),
           "With rule evidence: how many onsets must have followed the other connection's, for "
           "keystrokes and echoes each, however improbable they are.");
}

void AddAlerts(Table& table) {
  using timing::Options;
  Group(
      table, "alerts", "How many alerts are allowed by chance.",
      [](auto& s) -> auto& { return s.detector.timing; })
      .Add("false_alarms_per_day", &Options::false_alarms_per_day, Ratio(1e-6, 1e6, "0.1"),
           "With timing.rule evidence: how many pairs of strangers may be reported a day, at the "
           "whole site. The evidence that a pair needs follows from it and from how many pairs "
           "there are.");
}

void AddTiming(Table& table) {
  using timing::Options;
  Group(
      table, "timing",
      "The timing detector. What exceeds a bound is dropped by a documented rule, and counted.",
      [](auto& s) -> auto& { return s.detector.timing; })
      .Add(
          "rule", &Options::rule,
          OneOf<timing::Rule>(
              {{"evidence", timing::Rule::kEvidence}, {"thresholds", timing::Rule::kThresholds}}),
          "What decides. evidence: how improbable a pair's coincidences are by chance. thresholds: "
          "counts and ratios, as published in 2000 (the min_ keys of the next two sections).")
      .Add("min_weaker_evidence", &Options::min_weaker_evidence, Ratio(0, 1000, "6"),
           "With rule evidence: what keystrokes and echoes must each reach, in nats, if both are "
           "captured and the keystrokes do not suffice alone. A broadcast imitates echoes only.")
      .Add("calibrate", &Options::calibrate, Boolean(),
           "With rule evidence: measure on time-shifted copies of the traffic how much evidence "
           "strangers reach here, and require accordingly. Off: require what follows from the "
           "number of pairs.")
      .Add("adapt_to_round_trips", &Options::adapt_to_round_trips, Boolean(),
           "With rule evidence: count lags from the round trip to the stepping stone on, if that "
           "is 10 ms or more, and not from zero.")
      .Add("max_pairs", &Options::max_pairs, Count<uint32_t>(1, 100000000, "200k"),
           "Pairs of connections watched at once; the least promising are evicted first.")
      .Add("max_pairs_per_connection", &Options::max_pairs_per_connection,
           Count<uint32_t>(1, 1000000, "64"), "The same for the pairs of one connection.")
      .Add("max_candidates_per_onset", &Options::max_candidates_per_onset,
           Count<uint32_t>(1, 1000000, "64"),
           "Recent onsets with which one onset is compared; the most recent are preferred.")
      .Add("max_indirect_comparisons_per_second", &Options::max_indirect_comparisons_per_second,
           Count<uint32_t>(1, 1000000000, "4k"),
           "Comparisons of onsets in search of indirect pairs, for each second of packet time. "
           "Beyond this, only hosts that look like relays are compared (docs/relays.md).")
      .Add("max_recent_onsets", &Options::max_recent_onsets, Count<uint32_t>(64, 1U << 26, "16k"),
           "Onsets remembered; the oldest are dropped first. Rounded up to a power of two.")
      .Add("exclude_shared_host", &Options::exclude_shared_host, Boolean(),
           "Leave out flows that start, or end, at the same host: one user in two windows, a "
           "common server.")
      .Add("exclude_shared_endpoint", &Options::exclude_shared_endpoint, Boolean(),
           "Leave out connections with a common address and port.");
  AddPairRules(
      table, "timing.direct",
      "Direct pairs: upstream ends at the host from which downstream starts. --set accepts a key "
      "of this section and the next without the section's name and then sets both.",
      &timing::Options::direct);
  AddPairRules(table, "timing.indirect",
               "Indirect pairs: between the two connections are hosts that the link does not show.",
               &timing::Options::indirect);
}

void AddSlots(Table& table) {
  using slots::Options;
  Group(
      table, "slots",
      "Comparing how much is sent in each slot of time: finds direct pairs whose keystrokes are "
      "delayed or hidden among others. Works only with timing.rule evidence.",
      [](auto& s) -> auto& { return s.detector.slots; })
      .Add("enabled", &Options::enabled, Boolean(), "Whether connections are compared by slots.")
      .Add("min_age", &Options::min_age, Duration(PacketDelta::Zero(), kHour, "10s"),
           "Slots are counted for connections that are at least this old.")
      .Add("review_interval", &Options::review_interval, Duration(kMillisecond * 100, kHour, "30s"),
           "How often pairs are checked for being due.")
      .Add("max_connections", &Options::max_connections, Count<uint32_t>(2, 10000000, "4096"),
           "Connections whose slots are kept at once, 7 kB each: of hosts that have both accepted "
           "and opened some. Later ones are left out.")
      .Add("max_pairs_per_review", &Options::max_pairs_per_review,
           Count<uint32_t>(1, 100000000, "20k"),
           "Pairs compared in one review; others wait for the next.");
}

void AddRelays(Table& table) {
  using relays::Method;
  using relays::Options;
  using relays::Pairing;
  Group(
      table, "relays",
      "Relay nodes: hosts that pass on what they receive, by the sum of all flows of each host "
      "inside (docs/relays.md).",
      [](auto& s) -> auto& { return s.detector.relays; })
      .Add("enabled", &Options::enabled, Boolean(), "Whether hosts are screened.")
      .Add("method", &Options::method,
           OneOf<Method>({{"adaptive", Method::kAdaptive}, {"published", Method::kPublished}}),
           "adaptive: sums minus their running means, judged by their own spread. published: as in "
           "2007, for comparison (config/coskun-memon-2007.yaml).")
      .Add("pairing", &Options::pairing,
           OneOf<Pairing>({{"opposite_roles", Pairing::kOppositeRoles}, {"any", Pairing::kAny}}),
           "Which connections of a host may be the two sides of a relay. opposite_roles: one that "
           "it accepted and one that it opened. any: any two that lead to different hosts; this "
           "finds more reverse tunnels, and mistakes browsers for relays.")
      .Add("slot", &Options::slot, Duration(kMillisecond * 4, kSecond * 5, "100ms"),
           "The length of a slot of time (L in the paper).")
      .Add("sums", &Options::sums,
           OneOf<uint32_t>({{"64", 64}, {"128", 128}, {"256", 256}, {"512", 512}, {"1024", 1024}}),
           "Independent sums for each host (K). Twice as many make the screen 1.4 times as "
           "sensitive, and cost twice the time and memory.")
      .Add("terms", &Options::terms, Count<uint32_t>(10, 1000000000, "1000"),
           "With method published: how many products of an incoming and an outgoing flow make a "
           "decision (A).")
      .Add("false_alarm_probability", &Options::false_alarm_probability, Ratio(1e-12, 0.5, "1e-4"),
           "The allowed probability that an innocent host is reported in an hour of activity; with "
           "method published, in one decision.")
      .Add("max_hosts", &Options::max_hosts, Count<uint32_t>(1, 10000000, "16k"),
           "Hosts watched at once, 20 kB each with 128 sums; the longest idle is evicted first.");
}

void AddSessions(Table& table) {
  using sessions::Options;
  Group(
      table, "sessions",
      "Records of every TCP session, written with --sessions (docs/sessions.md).",
      [](auto& s) -> auto& { return s.detector.sessions; })
      .Add("interim_interval", &Options::interim_interval,
           Duration(PacketDelta::Zero(), kYear, "1h"),
           "A session that lasts longer gets a record after each such interval, marked as interim. "
           "0s: only at its end.")
      .Add("max_servers", &Options::max_servers, Count<uint32_t>(2, 100000000, "1M"),
           "Servers (addresses and ports) that are remembered, to tell server from client in "
           "mid-stream; of four the longest unused is forgotten.")
      .Add("max_host_pairs", &Options::max_host_pairs, Count<uint32_t>(2, 100000000, "1M"),
           "Pairs of hosts that are remembered, to recognise servers for a single session, such as "
           "those of FTP's data connections; of four the earliest is forgotten.");
  Group(
      table, "sessions.rotation",
      "When a file of session records is rotated: closed, renamed, and a new one begun.",
      [](auto& s) -> auto& { return s.session_files; })
      .Add("interval", &output::Rotation::interval, Duration(PacketDelta::Zero(), kYear, "1h"),
           "After this time, by packet time: at full hours for 1h. 0s: not by time.")
      .Add("size", &output::Rotation::max_bytes, Size(0, 1ULL << 50, "1GB"),
           "At this size. 0: not by size.");
}

void AddFindings(Table& table) {
  Group(
      table, "exposure",
      "Exposures: a login in clear text leads into SSH, so a passphrase was probably typed where "
      "others can read it.",
      [](auto& s) -> auto& { return s.detector.exposure; })
      .Add("enabled", &ExposureOptions::enabled, Boolean(), "Whether exposures are reported.")
      .Add("clear_text", &ExposureOptions::clear_text, ProtocolsByPort(),
           "Protocols that carry logins in clear text, by the port of the responder.")
      .Add("encrypted_ports", &ExposureOptions::encrypted_ports,
           ListOf(Port(), "ports", "[22, 2222]"), "Ports of responders that speak SSH.");
  Group(
      table, "messaging",
      "Message relays: servers that pass messages on, such as chat. Reported as message_relay, not "
      "as stepping stones.",
      [](auto& s) -> auto& { return s.detector.messaging; })
      .Add("enabled", &MessagingOptions::enabled, Boolean(),
           "Whether message relays are distinguished from stepping stones.")
      .Add("ports", &MessagingOptions::ports, ListOf(Port(), "ports", "[6667, 6697]"),
           "Ports of responders that pass messages on: a pair is a message relay when both "
           "connections lead to one.")
      .Add("min_fan_out", &MessagingOptions::min_fan_out, Count<uint32_t>(2, 1000000, "3"),
           "On any port: a pair is a message relay when clients of this many hosts at one service "
           "are correlated with the same other connection.");
  Group(
      table, "chains", "Chains: connections linked by pairs, one incident each.",
      [](auto& s) -> auto& { return s.detector.chains; })
      .Add("max_chains", &chains::Options::max_chains, Count<uint32_t>(1, 10000000, "10k"),
           "Chains held at once; the longest unchanged is evicted first.")
      .Add("max_hops_per_chain", &chains::Options::max_hops_per_chain,
           Count<uint32_t>(2, 100000, "256"),
           "Hops listed in one chain; further ones are counted.");
  Group(
      table, "policy", "What is legitimate here.",
      [](auto& s) -> auto& { return s.detector.policy; })
      .Add("timezone", &policy::Options::timezone, TimeZoneName(),
           "The time zone of days, hours and expires of all rules that do not name one. "
           "Daylight saving time is observed.")
      .Add("allow", &policy::Options::allow, AllowRules(),
           "Allow rules, tried in this order; the first that matches an alert decides. "
           "docs/policy.md has their keys, config/example-site.yaml has examples.");
}

}  // namespace

const Schema<Settings>& SettingsSchema() {
  static const Table schema = [] {
    Table table;
    AddProtectedNetworks(table);
    AddCapture(table);
    AddConnections(table);
    AddAlerts(table);
    AddTiming(table);
    AddSlots(table);
    AddRelays(table);
    AddSessions(table);
    AddFindings(table);
    AddTraceback(table);
    return table;
  }();
  return schema;
}

}  // namespace cairn::config
