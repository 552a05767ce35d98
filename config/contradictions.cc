// SPDX-License-Identifier: BSD-3-Clause
#include "config/contradictions.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "fmt/format.h"

#include "config/keys/quantity.h"

namespace cairn::config {
namespace {

using Found = std::vector<Contradiction>;

void CheckNetworks(const Settings& settings, Found& found) {
  const std::vector<Prefix>& networks = settings.detector.protected_networks.prefixes();
  for (size_t i = 0; i < networks.size(); ++i) {
    const auto begin = networks.begin();
    const auto here = begin + static_cast<std::ptrdiff_t>(i);
    if (std::find(begin, here, networks[i]) == here) continue;
    found.push_back({{"protected_networks"},
                     fmt::format("protected_networks names {} twice: is one of them another "
                                 "network? Name each once",
                                 networks[i].ToString())});
  }
  for (const Prefix& prefix : networks) {
    if (!prefix.ToString().ends_with("/0")) continue;
    found.push_back(
        {{"protected_networks"},
         fmt::format("protected_networks holds {}, the whole Internet, so that nothing would cross "
                     "the border: name the site's networks, or none to compare all pairs",
                     prefix.ToString())});
  }
}

void CheckTunnels(const Settings& settings, Found& found) {
  const capture::TunnelOptions& tunnels = settings.capture.tunnels;
  if (tunnels.vxlan && tunnels.geneve && tunnels.vxlan_port == tunnels.geneve_port) {
    found.push_back({{"capture.tunnels.vxlan_port", "capture.tunnels.geneve_port"},
                     fmt::format("capture.tunnels.vxlan_port and capture.tunnels.geneve_port are "
                                 "both {}: change one, or switch one of the tunnels off",
                                 tunnels.vxlan_port)});
  }
}

void CheckTimeouts(const Settings& settings, Found& found) {
  const connections::Options& options = settings.detector.connections;
  const auto check = [&](std::string_view name, PacketDelta timeout) {
    if (timeout <= options.established_timeout) return;
    found.push_back(
        {{fmt::format("connections.{}", name), "connections.established_timeout"},
         fmt::format("connections.{} ({}) exceeds connections.established_timeout ({}): an open "
                     "connection must be kept at least as long",
                     name, FormatDuration(timeout), FormatDuration(options.established_timeout))});
  };
  check("handshake_timeout", options.handshake_timeout);
  check("closing_timeout", options.closing_timeout);
}

void CheckPairRules(std::string_view kind, const timing::PairRules& rules, Found& found) {
  const std::string window = fmt::format("timing.{}.coincidence_window", kind);
  const std::string idle = fmt::format("timing.{}.idle_threshold", kind);
  if (rules.coincidence_window >= rules.idle_threshold) {
    found.push_back({{window, idle},
                     fmt::format("{} ({}) is not shorter than {} ({}): one onset would coincide "
                                 "with several of the same flow",
                                 window, FormatDuration(rules.coincidence_window), idle,
                                 FormatDuration(rules.idle_threshold))});
  }
  const std::string consecutive = fmt::format("timing.{}.min_consecutive", kind);
  const std::string scale = fmt::format("timing.{}.consecutive_scale", kind);
  if (rules.min_consecutive > rules.consecutive_scale) {
    found.push_back(
        {{consecutive, scale},
         fmt::format("{} ({}) exceeds {} ({}): a long connection would need more coincidences than "
                     "it has onsets",
                     consecutive, rules.min_consecutive, scale, rules.consecutive_scale)});
  }
}

void CheckTiming(const Settings& settings, Found& found) {
  const timing::Options& timing = settings.detector.timing;
  CheckPairRules("direct", timing.direct, found);
  CheckPairRules("indirect", timing.indirect, found);
  if (!timing.direct.enabled && !timing.indirect.enabled) {
    found.push_back({{"timing.direct.enabled", "timing.indirect.enabled"},
                     "timing.direct.enabled and timing.indirect.enabled are both false: nothing "
                     "would be searched for"});
  }
  if (timing.max_pairs_per_connection > timing.max_pairs) {
    found.push_back(
        {{"timing.max_pairs_per_connection", "timing.max_pairs"},
         fmt::format("timing.max_pairs_per_connection ({}) exceeds timing.max_pairs ({})",
                     timing.max_pairs_per_connection, timing.max_pairs)});
  }
}

void CheckExposure(const Settings& settings, Found& found) {
  const ExposureOptions& exposure = settings.detector.exposure;
  for (const ClearTextPort& clear : exposure.clear_text) {
    const auto& encrypted = exposure.encrypted_ports;
    if (std::find(encrypted.begin(), encrypted.end(), clear.port) == encrypted.end()) continue;
    found.push_back(
        {{"exposure.clear_text", "exposure.encrypted_ports"},
         fmt::format("port {} is in exposure.clear_text ({}) and in exposure.encrypted_ports",
                     clear.port, clear.protocol)});
  }
}

}  // namespace

std::vector<Contradiction> FindContradictions(const Settings& settings) {
  Found found;
  CheckNetworks(settings, found);
  CheckTunnels(settings, found);
  CheckTimeouts(settings, found);
  CheckTiming(settings, found);
  CheckExposure(settings, found);
  return found;
}

}  // namespace cairn::config
