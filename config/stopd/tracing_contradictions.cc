// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <string_view>
#include <utility>

#include "fmt/format.h"

#include "config/keys/quantity.h"
#include "config/stopd/tracing_schema.h"
#include "traceback/tracing/rules/rule_check.h"
#include "traceback/tracing/rules/words.h"

namespace cairn::config {
namespace {

using Found = std::vector<Contradiction>;

void CheckTwice(std::string_view key, const std::vector<IpAddress>& addresses, Found& found) {
  for (auto each = addresses.begin(); each != addresses.end(); ++each) {
    if (std::find(addresses.begin(), each, *each) == each) continue;
    found.push_back({{std::string(key)}, fmt::format("{} names {} twice", key, each->ToString())});
  }
}

// `shorter` must be less than `longer`, or else.
void CheckLess(std::pair<std::string_view, PacketDelta> shorter,
               std::pair<std::string_view, PacketDelta> longer, std::string_view consequence,
               Found& found) {
  if (shorter.second < longer.second) return;
  found.push_back({{std::string(shorter.first), std::string(longer.first)},
                   fmt::format("{} ({}) is not shorter than {} ({}): {}", shorter.first,
                               FormatDuration(shorter.second), longer.first,
                               FormatDuration(longer.second), consequence)});
}

// What only matters where an agent runs.
void CheckBesideTheDaemon(const daemon::Options& options, Found& found) {
  const tracing::Options& tracing = options.tracing;
  if (!tracing.enabled) return;
  if (tracing.user == "root" || tracing.user == "0") {
    found.push_back({{"tracing.user"},
                     fmt::format("tracing.user is {}: the process that talks to peers must not "
                                 "have the rights of root; name a user that has none",
                                 tracing.user)});
  }
  if (tracing.user == options.user) {
    found.push_back({{"tracing.user", "listen.user"},
                     fmt::format("tracing.user and listen.user are both {}: whoever has taken over "
                                 "one of the two processes would have the other; name two users",
                                 options.user)});
  }
  if (tracing.folder == options.tokens.folder) {
    found.push_back({{"tracing.folder", "store.folder"},
                     fmt::format("tracing.folder and store.folder are both {}: records are for "
                                 "root alone, chains are tracing.user's; name two folders",
                                 tracing.folder)});
  }
  if (tracing.links.port == options.port) {
    found.push_back({{"tracing.listen.port", "listen.port"},
                     fmt::format("tracing.listen.port and listen.port are both {}: one of the two "
                                 "could not listen",
                                 options.port)});
  }
}

void CheckPorts(const daemon::Options& options, Found& found) {
  const tracing::LinkOptions& links = options.tracing.links;
  if (!options.tracing.enabled || links.hopping == tracing::PortHopping::kOff) return;
  const auto check = [&](std::string_view key, uint16_t port) {
    if (port < links.first_work_port || port > links.last_work_port) return;
    found.push_back({{"tracing.work_ports", std::string(key)},
                     fmt::format("tracing.work_ports ({}-{}) contains {} ({}): choose a range "
                                 "without it",
                                 links.first_work_port, links.last_work_port, key, port)});
  };
  check("tracing.listen.port", links.port);
  check("listen.port", options.port);
}

void CheckTimes(const tracing::Options& tracing, Found& found) {
  const tracing::LinkOptions& links = tracing.links;
  const tracing::RoundLimits& rounds = tracing.rounds;
  if (links.hopping == tracing::PortHopping::kTimed) {
    constexpr std::string_view kNeverThere =
        "a connection would be due at the next port before it has arrived at this one";
    CheckLess({"tracing.listen.handshake_timeout", links.handshake_timeout},
              {"tracing.hop_period", links.hop_period}, kNeverThere, found);
    CheckLess({"tracing.listen.work_port_patience", links.work_port_patience},
              {"tracing.hop_period", links.hop_period}, kNeverThere, found);
  }
  CheckLess({"tracing.limits.peer_timeout", rounds.peer_timeout},
            {"tracing.limits.deadline", rounds.deadline},
            "a silent host could not be told from a trace that ran out of time", found);
  CheckLess({"tracing.limits.deadline", rounds.deadline},
            {"tracing.limits.remember", rounds.remember},
            "a trace that comes back would not be known any more", found);
  CheckLess({"tracing.stale_list.warn_after", tracing.stale_list_warning},
            {"tracing.stale_list.refuse_after", tracing.stale_list_refusal},
            "nobody would be warned before all peers are refused", found);
}

void CheckNumbers(const tracing::Options& tracing, Found& found) {
  if (tracing.rounds.max_remembered < tracing.rounds.max_rounds) {
    found.push_back({{"tracing.limits.max_remembered", "tracing.limits.max_rounds"},
                     fmt::format("tracing.limits.max_remembered ({}) is less than "
                                 "tracing.limits.max_rounds ({}): a trace under way would be "
                                 "forgotten",
                                 tracing.rounds.max_remembered, tracing.rounds.max_rounds)});
  }
  if (tracing.peers.size() > tracing.max_peers) {
    found.push_back({{"tracing.peers", "tracing.max_peers"},
                     fmt::format("tracing.peers names {} hosts, more than tracing.max_peers ({})",
                                 tracing.peers.size(), tracing.max_peers)});
  }
}

void CheckDecisions(const tracing::Options& tracing, Found& found) {
  const std::vector<tracing::Event> open = tracing::EventsLeftOpen(tracing.rules);
  if (open.empty()) return;
  std::vector<std::string_view> events;
  for (const tracing::Event event : open) events.push_back(tracing::EventName(event));
  found.push_back({{"tracing.rules", "tracing.default_rules"},
                   fmt::format("tracing.default_rules is false, and no rule of tracing.rules "
                               "decides in every case upon {}: end with rules whose only condition "
                               "is the event",
                               fmt::join(events, ", "))});
}

}  // namespace

void FindTracingContradictions(const daemon::Options& options, Found& found) {
  const tracing::Options& tracing = options.tracing;
  CheckTwice("tracing.listen.addresses", tracing.links.addresses, found);
  CheckTwice("tracing.peers", tracing.peers, found);
  CheckBesideTheDaemon(options, found);
  CheckPorts(options, found);
  CheckTimes(tracing, found);
  CheckNumbers(tracing, found);
  CheckDecisions(tracing, found);
}

}  // namespace cairn::config
