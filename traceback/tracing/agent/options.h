// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_OPTIONS_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_OPTIONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/private_networks.h"
#include "base/time.h"
#include "traceback/tracing/knowledge/options.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/rounds/options.h"
#include "traceback/tracing/rules/rules.h"

namespace cairn::tracing {

// How this host takes part in tracing chains.
struct Options {
  bool enabled = false;
  std::string user = "_stoptrace";                  // of the agent's process
  std::string folder = "/var/lib/stopd-tracing";    // the knowledge base; that user's
  std::string control = "/run/stopd/tracing.sock";  // where `stopd trace` asks; root's alone
  std::string certificate = "/etc/cairn/tracing/host.crt";  // PEM, with intermediates after it
  std::string key = "/etc/cairn/tracing/host.key";
  std::string authorities = "/etc/cairn/tracing/ca.crt";
  std::string revocations = "/etc/cairn/tracing/ca.crl";
  PacketDelta stale_list_warning = PacketDelta::FromSeconds(24 * 3600);
  PacketDelta stale_list_refusal = PacketDelta::FromSeconds(7LL * 24 * 3600);
  PrefixSet networks = PrivateNetworks();  // whose hosts are asked
  std::vector<IpAddress> peers = {};       // whom finished chains are sent to, beside who has asked
  uint32_t max_peers = 512;
  LinkOptions links = {.addresses = {IpAddress(), IpAddress::FromV4(0)}};  // "::" and "0.0.0.0"
  RoundLimits rounds;
  KnowledgeOptions knowledge;
  // The first that matches decides: those of the site, then the shipped ones unless it wants none.
  std::vector<Rule> rules = DefaultRules();
};

// What a host should be told at its start: that the kernel may give ports where the agent listens
// to any connection.  Empty: nothing.  `local_ports` and `reserved_ports` are the contents of
// /proc/sys/net/ipv4/ip_local_port_range and ip_local_reserved_ports; where the first cannot be
// read, nothing is said.
std::string WorkPortWarning(const LinkOptions& links, std::string_view local_ports,
                            std::string_view reserved_ports);
// With what the kernel says now, in the network namespace of the caller.
std::string WorkPortWarning(const LinkOptions& links);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_OPTIONS_H_
