// SPDX-License-Identifier: BSD-3-Clause
// The keys of the section traceback.
#include "config/keys/durations.h"
#include "config/keys/port_values.h"
#include "config/settings_schema.h"
#include "traceback/tracing/wire/chain.h"

namespace cairn::config {
namespace {

constexpr PacketDelta kLeastTimeout = PacketDelta::FromMilliseconds(10);

ValueType<alerts::Trigger> Trigger() {
  using alerts::Trigger;
  return OneOf<alerts::Trigger>({{"stepping_stone", Trigger::kSteppingStone},
                                 {"exposure", Trigger::kExposure},
                                 {"message_relay", Trigger::kMessageRelay},
                                 {"unjudged", Trigger::kUnjudged},
                                 {"relay_node", Trigger::kRelayNode}});
}

ValueType<stop::RequestType> Type() {
  using stop::RequestType;
  return OneOf<RequestType>({{"SV_REC", RequestType::kSvRec},
                             {"SV", RequestType::kSv},
                             {"ID_REC", RequestType::kIdRec},
                             {"ID", RequestType::kId}});
}

void AddTracing(Schema<Settings>& table) {
  using Asker = tracing::AskerOptions;
  using Limits = tracing::AskerLimits;
  Group(
      table, "traceback.tracing",
      "With what agents are asked, and how much, if traceback.trace holds; also by cairn trace. "
      "Whom: traceback.allowed_networks.",
      [](auto& s) -> auto& { return s.traceback.tracing; })
      .Add("certificate", &Asker::certificate, FilePath("/etc/cairn/tracing/sensor.crt"),
           "The sensor's certificate (PEM, with intermediate authorities after it). It may ask and "
           "not answer: extended key usage clientAuth alone.")
      .Add("key", &Asker::key, FilePath("/etc/cairn/tracing/sensor.key"),
           "Its private key (PEM, no passphrase). Only its owner and group may read it.")
      .Add("authorities", &Asker::authorities, FilePath("/etc/cairn/tracing/ca.crt"),
           "Whose certificates are believed (PEM).")
      .Add("revocations", &Asker::revocations,
           FilePath("/etc/cairn/tracing/ca.crl", EmptyPath::kAllowed),
           "The list of revoked certificates (PEM or DER); need not be there. Agents send newer "
           "ones, which hold until Cairn ends.")
      .Add("stale_list_refusal", &Asker::stale_list_refusal, Duration(kHour, kYear, "7d"),
           "When the list is older, no agent is believed.")
      .Add("port", &Asker::port, Port(), "The TCP port on which agents negotiate.");
  Group(
      table, "traceback.tracing", "", [](auto& s) -> auto& { return s.traceback.tracing.limits; },
      Heading::kNone)
      .Add("max_hops", &Limits::max_hops, Count<uint32_t>(1, tracing::kMostHops, "64"),
           "Hops of a chain.")
      .Add("deadline", &Limits::deadline, Duration(kLeastTimeout, kHour, "10s"),
           "How long a trace may take.")
      .Add("peer_timeout", &Limits::peer_timeout, Duration(kLeastTimeout, kHour, "3s"),
           "How long the first word of an agent that is asked may take.")
      .Add("word_timeout", &Limits::word_timeout, Duration(kLeastTimeout, kHour, "5s"),
           "How long each further word may take: it asks others meanwhile. Then the host that its "
           "last word leads to is asked.")
      .Add("max_concurrent", &Limits::max_concurrent, Count<uint32_t>(1, 1000, "16"),
           "Traces at once.")
      .Add("max_queued", &Limits::max_queued, Count<uint32_t>(1, 100000, "256"),
           "Traces that wait or are under way; more are dropped, and reported as trace_done "
           "(queue_full).")
      .Add("max_per_host_minute", &Limits::max_per_host_minute, Count<uint32_t>(1, 100000, "30"),
           "Questions to one agent; more wait.")
      .Add("max_per_minute", &Limits::max_per_minute, Count<uint32_t>(1, 100000, "240"),
           "Questions to all agents; more wait.");
}

}  // namespace

void AddTraceback(Schema<Settings>& table) {
  using alerts::Options;
  using Ask = requester::Options;
  Group(
      table, "traceback",
      "Asking the hosts of an alert, by the Session TOken Protocol, to remember who owns the "
      "connection, or their agents to trace the chain (docs/traceback.md). Off by default: the "
      "asked "
      "hosts can notice it.",
      [](auto& s) -> auto& { return s.traceback; })
      .Add("enabled", &Options::enabled, Boolean(),
           "Whether watch asks hosts without --traceback. replay needs --traceback in any case: "
           "hosts do "
           "not remember connections of the past.")
      .Add("trace", &Options::trace, Boolean(),
           "Whether watch has the chain traced by the agents of its hosts; replay, too, with "
           "--traceback. Hosts without an agent are then asked for a token; all of them are if "
           "`enabled` holds as well.")
      .Add("events", &Options::events, ListOf(Trigger(), "events", "[stepping_stone, exposure]"),
           "The events for which hosts are asked.")
      .Add("allowed_alerts", &Options::allowed_alerts, Boolean(),
           "Whether hosts are also asked when a rule of policy.allow marks the alert as allowed.")
      .Add(
          "type", &Options::type, Type(),
          "What the host does. SV_REC: save everything about the processes, and ask the hosts that "
          "the session came from. SV: only save. ID_REC and ID: the same with the user alone.")
      .Add("allowed_networks", &Options::allowed_networks, Networks(),
           "The hosts that may be asked; never any other. Empty: those of protected_networks.")
      .Add("tracing_ports", &Options::tracing_ports,
           PortsAndRanges("[4113, 24113-24176]", EmptyList::kAllowed),
           "Where the tracing agents of this site listen: tracing.listen.port and "
           "tracing.work_ports of stopd. cairn sessions scans leaves a site host out that tried "
           "these ports of a few site hosts and failed, as an agent does that looks for others.");
  Group(
      table, "traceback", "", [](auto& s) -> auto& { return s.traceback.ask; }, Heading::kNone)
      .Add("port", &Ask::port, Port(), "The TCP port on which hosts answer.")
      .Add("max_concurrent", &Ask::max_concurrent, Count<uint32_t>(1, 1000, "16"),
           "Requests under way at once.")
      .Add("max_queued", &Ask::max_queued, Count<uint32_t>(1, 100000, "1024"),
           "Requests that wait or are under way; more are dropped, and reported as stop_failed "
           "(queue_full).")
      .Add("max_per_host_minute", &Ask::max_per_host_minute, Count<uint32_t>(1, 100000, "10"),
           "Requests to one host; more wait.")
      .Add("connect_timeout", &Ask::connect_timeout, Duration(kLeastTimeout, kHour, "5s"),
           "How long a connection may take.")
      .Add("reply_timeout", &Ask::reply_timeout, Duration(kLeastTimeout, kHour, "30s"),
           "How long an answer may take.")
      .Add("retries", &Ask::retries, Count<uint32_t>(0, 100, "2"),
           "How often a host that did not answer is asked again.")
      .Add("retry_delay", &Ask::retry_delay, Duration(PacketDelta::Zero(), kHour, "2s"),
           "How long to wait before the first repetition; as much longer each time.");
  AddTracing(table);
}

}  // namespace cairn::config
