// SPDX-License-Identifier: BSD-3-Clause
// The keys of the section tracing but for its rules.
#include "config/stopd/tracing_schema.h"

#include <algorithm>
#include <utility>

#include "config/keys/durations.h"
#include "config/keys/port_values.h"
#include "config/stopd/stopd_values.h"

namespace cairn::config {
namespace {

using daemon::Options;
using Table = Schema<Options>;

constexpr uint16_t kFirstUnprivileged = 1024;  // the agent has no rights
constexpr uint32_t kMostWorkPorts = 4096;
constexpr size_t kMostSocketPath = 107;  // sun_path

// A key that is no single member of a struct.
template <typename T>
void AddKey(Table& table, std::string path, const ValueType<T>& type, std::string documentation,
            std::function<void(tracing::Options&, T)> set,
            std::function<T(const tracing::Options&)> get) {
  Key<Options> key;
  key.path = std::move(path);
  key.documentation = std::move(documentation);
  key.shape = type.shape;
  key.form = type.form;
  key.example = type.example;
  key.read = [read = type.read, set](Options& options, const Node& node, const Place& place) {
    std::optional<T> value = read(node, place);
    if (value.has_value()) set(options.tracing, *std::move(value));
  };
  key.write = [write = type.write, get](const Options& options) {
    return write(get(options.tracing));
  };
  table.AddKey(std::move(key));
}

void AddHost(Table& table) {
  using tracing::Options;
  Group(
      table, "tracing",
      "Chain tracing: this host takes part in following a live session to its origin, together "
      "with the other hosts of the site that do (docs/tracing.md). Off by default.",
      [](auto& o) -> auto& { return o.tracing; })
      .Add("enabled", &Options::enabled, Boolean(),
           "Whether an agent runs beside the daemon. It needs a certificate of the site's "
           "authority: stopd ca.")
      .Add("user", &Options::user, Text(1, 64, "a user's name or number", "_stoptrace"),
           "The user of the agent's process. It needs no rights, and must be neither root nor "
           "listen.user.")
      .Add("folder", &Options::folder, Path("/var/lib/stopd-tracing"),
           "The folder of finished chains. If it is missing, it is made for that user.")
      .Add("control", &Options::control, Path("/run/stopd/tracing.sock", kMostSocketPath),
           "The socket where stopd trace asks. Only root may.")
      .Add("certificate", &Options::certificate, Path("/etc/cairn/tracing/host.crt"),
           "The certificate of this host, in PEM form, with its intermediate authorities after "
           "it. Its names and addresses are those that the host may speak of.")
      .Add("key", &Options::key, Path("/etc/cairn/tracing/host.key"),
           "Its private key, in PEM form. Only root may read it; the agent never has it.")
      .Add("authorities", &Options::authorities, Path("/etc/cairn/tracing/ca.crt"),
           "The certificates of the site's authorities, in PEM form: one, or two while the root "
           "is being replaced.")
      .Add("revocations", &Options::revocations, Path("/etc/cairn/tracing/ca.crl"),
           "The list of revoked certificates, in PEM or DER form. A newer one from a peer takes "
           "its place.")
      .Add("networks", &Options::networks, Networks(),
           "Previous hosts that are asked. Others could be anybody's, and would learn that they "
           "are traced: there the trace ends as outside. Add the public networks of your site.")
      .Add("peers", &Options::peers, ListOf(Address(), "addresses", "[192.0.2.7, 192.0.2.8]"),
           "Agents that finished chains are exchanged with, beside those that were met in traces.")
      .Add("max_peers", &Options::max_peers, Count<uint32_t>(1, 10000, "512"),
           "Agents remembered at once; of the others the one that was met longest ago is "
           "forgotten.");
}

void AddPorts(Table& table) {
  using tracing::LinkOptions;
  using tracing::PortHopping;
  Group(
      table, "tracing", "", [](auto& o) -> auto& { return o.tracing.links; }, Heading::kNone)
      .Add("translated", &LinkOptions::translated, Networks(),
           "Networks from which agents may come though their certificates do not name the address, "
           "because it is translated on the way. From elsewhere a certificate counts only at the "
           "addresses that it names. Best empty: whoever steals a key in such a network can use it "
           "anywhere there.");
  AddKey<PortRange>(
      table, "tracing.work_ports", PortRangeFrom(kFirstUnprivileged, kMostWorkPorts, "24113-24176"),
      "Ports on which agents work, after they have found each other at the port of "
      "tracing.listen. Keep the kernel from giving them away: "
      "net.ipv4.ip_local_reserved_ports.",
      [](tracing::Options& tracing, PortRange range) {
        tracing.links.first_work_port = range.first;
        tracing.links.last_work_port = range.last;
      },
      [](const tracing::Options& tracing) {
        return PortRange{.first = tracing.links.first_work_port,
                         .last = tracing.links.last_work_port};
      });
  Group(
      table, "tracing", "", [](auto& o) -> auto& { return o.tracing.links; }, Heading::kNone)
      .Add("port_hopping", &LinkOptions::hopping,
           OneOf<PortHopping>({{"off", PortHopping::kOff},
                               {"per_session", PortHopping::kPerSession},
                               {"timed", PortHopping::kTimed}}),
           "off: all is said at the port of tracing.listen. per_session: each connection goes on "
           "at a work port that this host chooses. timed: and from there to another one after each "
           "hop_period.")
      .Add("hop_period", &LinkOptions::hop_period, Duration(kSecond, kDay, "60s"),
           "With timed: how long a connection stays at one work port.");
}

void AddRules(Table& table) {
  using Rules = std::vector<tracing::Rule>;
  const auto is_shipped = [](const tracing::Rule& rule) { return rule.shipped; };
  AddKey<bool>(
      table, "tracing.default_rules", Boolean(),
      "Whether the shipped rules are tried after those of tracing.rules. Without them, "
      "tracing.rules has to decide upon every event.",
      [is_shipped](tracing::Options& tracing, bool wanted) {
        std::erase_if(tracing.rules, is_shipped);
        if (!wanted) return;
        const Rules shipped = tracing::DefaultRules();
        tracing.rules.insert(tracing.rules.end(), shipped.begin(), shipped.end());
      },
      [is_shipped](const tracing::Options& tracing) {
        return std::any_of(tracing.rules.begin(), tracing.rules.end(), is_shipped);
      });
  AddKey<Rules>(
      table, "tracing.rules", TracingRules(),
      "What the agent does upon what it perceives: rules of this site, tried in this order; the "
      "first that matches decides. docs/tracing.md has their words.",
      [is_shipped](tracing::Options& tracing, Rules given) {
        std::copy_if(tracing.rules.begin(), tracing.rules.end(), std::back_inserter(given),
                     is_shipped);
        tracing.rules = std::move(given);
      },
      [is_shipped](const tracing::Options& tracing) {
        Rules given = tracing.rules;
        std::erase_if(given, is_shipped);
        return given;
      });
}

void AddLists(Table& table) {
  using tracing::Options;
  Group(
      table, "tracing.stale_list",
      "When the list of revoked certificates is too old to say who is to be trusted.",
      [](auto& o) -> auto& { return o.tracing; })
      .Add("warn_after", &Options::stale_list_warning, Duration(kSecond, kYear, "1d"),
           "From this age of the list on, the log says so.")
      .Add("refuse_after", &Options::stale_list_refusal, Duration(kSecond, kYear, "7d"),
           "From this age on, no peer is believed, and none is asked.");
}

void AddLinks(Table& table) {
  using tracing::LinkOptions;
  Group(
      table, "tracing.listen", "Where other agents, and sensors, come in.",
      [](auto& o) -> auto& { return o.tracing.links; })
      .Add("addresses", &LinkOptions::addresses, ListOf(Address(), "addresses", "[192.0.2.7]"),
           "Addresses of this host, as under listen. Empty: none; this host asks and does not "
           "answer.")
      .Add("port", &LinkOptions::port, Count<uint16_t>(kFirstUnprivileged, 65535, "4113"),
           "The TCP port where agents find each other. It is the same on all hosts of a site.")
      .Add("max_handshakes", &LinkOptions::max_handshakes, Count<uint32_t>(1, 1000, "8"),
           "Peers at that port that have not yet proven who they are, at once; more are refused.")
      .Add("max_handshakes_per_source_minute", &LinkOptions::max_handshakes_per_source_minute,
           Count<uint32_t>(1, 10000, "2"),
           "Connections to that port a minute from one address (of IPv6: one network of 64 "
           "bits); more are refused. Of those that prove who they are, 30 more a minute are not "
           "counted.")
      .Add("handshake_timeout", &LinkOptions::handshake_timeout,
           Duration(kMillisecond * 100, kHour, "3s"), "How long such a proof may take.")
      .Add("work_port_patience", &LinkOptions::work_port_patience,
           Duration(kMillisecond * 100, kHour, "5s"),
           "How long a work port is kept open for its peer to come.")
      .Add("idle_timeout", &LinkOptions::idle_timeout, Duration(kSecond, kDay, "5min"),
           "How long a connection to a peer is kept without a message.")
      .Add("max_links", &LinkOptions::max_links, Count<uint32_t>(2, 10000, "128"),
           "Connections at once that peers have opened, and as many that this host has. Where the "
           "system has too few descriptors (9 for each), it is lowered, and the log says so.")
      .Add("max_queued", &LinkOptions::max_queued_bytes,
           Narrow<uint32_t>(Size(64 << 10, 64 << 20, "512KiB")),
           "What may wait for one peer that does not read; then its connection is closed.");
}

void AddBounds(Table& table) {
  using tracing::RoundLimits;
  Group(
      table, "tracing.limits", "How much traces may use.",
      [](auto& o) -> auto& { return o.tracing.rounds; })
      .Add("max_hops", &RoundLimits::max_hops, Count<uint32_t>(1, tracing::kMostHops, "64"),
           "Hops of a trace; further ones are not asked for.")
      .Add("deadline", &RoundLimits::deadline, Duration(kMillisecond * 100, kHour, "10s"),
           "How long a trace that begins here may take. What is left of it goes on with the "
           "question.")
      .Add("peer_timeout", &RoundLimits::peer_timeout, Duration(kMillisecond * 100, kHour, "3s"),
           "How long a peer that is asked may say nothing; then it is silent.")
      .Add("max_rounds", &RoundLimits::max_rounds, Count<uint32_t>(1, 100000, "256"),
           "Traces in which this host is asked, at once; of one peer, a quarter of them.")
      .Add("max_rounds_per_peer_minute", &RoundLimits::max_rounds_per_peer_minute,
           Count<uint32_t>(1, 1000000, "120"),
           "Questions of one agent a minute. Beyond this, rules perceive rate: exceeded.")
      .Add("max_rounds_per_asker_minute", &RoundLimits::max_rounds_per_asker_minute,
           Count<uint32_t>(1, 1000000, "30"),
           "The same of one that only asks, such as a sensor. Cairn asks as often: its "
           "traceback.tracing.max_per_host_minute.")
      .Add("max_remembered", &RoundLimits::max_remembered, Count<uint32_t>(1, 1000000, "4096"),
           "Traces remembered, so that one that comes back is known to have made a circle.")
      .Add("remember", &RoundLimits::remember, Duration(kSecond, kDay, "2min"),
           "For how long they are.");
}

void AddKnowledge(Table& table) {
  using tracing::KnowledgeOptions;
  Group(
      table, "tracing.knowledge",
      "Finished chains. Those that root of a host has traced go to all agents of the site; those "
      "that sensors have wanted stay where they were asked.",
      [](auto& o) -> auto& { return o.tracing.knowledge; })
      .Add("max_age", &KnowledgeOptions::max_age, Duration(kHour, kYear * 100, "90d"),
           "How long a chain is kept.")
      .Add("max_chains", &KnowledgeOptions::max_chains, Count<uint32_t>(1, 10000000, "10k"),
           "Chains kept; beyond this, the oldest goes.")
      .Add("max_size", &KnowledgeOptions::max_bytes, Size(1 << 20, 1ULL << 40, "64MiB"),
           "The same by their size on the disk.")
      .Add("exchange_interval", &KnowledgeOptions::exchange_interval,
           Duration(kSecond, kDay, "30s"),
           "How often peers are asked for chains that this host has not got.")
      .Add("exchange_peers", &KnowledgeOptions::exchange_peers, Count<uint32_t>(1, 100, "2"),
           "How many are, each time.");
}

}  // namespace

void AddTracing(Table& table) {
  AddHost(table);
  AddPorts(table);
  AddRules(table);
  AddLists(table);
  AddLinks(table);
  AddBounds(table);
  AddKnowledge(table);
}

}  // namespace cairn::config
