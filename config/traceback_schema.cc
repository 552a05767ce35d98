// SPDX-License-Identifier: BSD-3-Clause
// The keys of the section traceback.
#include "config/settings_schema.h"

namespace cairn::config {
namespace {

constexpr PacketDelta kHour = PacketDelta::FromSeconds(3600);
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

}  // namespace

void AddTraceback(Schema<Settings>& table) {
  using alerts::Options;
  using Ask = requester::Options;
  Group(
      table, "traceback",
      "Asking the hosts of an alert, by the Session TOken Protocol, to remember who owns the "
      "connection (docs/traceback.md). Off by default: the asked hosts can notice it.",
      [](auto& s) -> auto& { return s.traceback; })
      .Add("enabled", &Options::enabled, Boolean(),
           "Whether watch asks hosts without --traceback. replay needs --traceback in any case: "
           "hosts do "
           "not remember connections of the past.")
      .Add("events", &Options::events, ListOf(Trigger(), "events", "[stepping_stone, exposure]"),
           "The events for which hosts are asked.")
      .Add("allowed_alerts", &Options::allowed_alerts, Boolean(),
           "Whether hosts are also asked when a rule of policy.allow marks the alert as allowed.")
      .Add(
          "type", &Options::type, Type(),
          "What the host does. SV_REC: save everything about the processes, and ask the hosts that "
          "the session came from. SV: only save. ID_REC and ID: the same with the user alone.")
      .Add("allowed_networks", &Options::allowed_networks, Networks(),
           "The hosts that may be asked; never any other. Empty: those of protected_networks.");
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
}

}  // namespace cairn::config
