// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/site.h"

#include <algorithm>

#include "fmt/format.h"

namespace cairn::traces {
namespace {

constexpr uint64_t kSiteStream = 1;
constexpr uint16_t kFirstPort = 32768;
constexpr uint16_t kLastPort = 60999;

Host MakeHost(uint32_t index, bool inside, PacketDelta delay, uint16_t port) {
  // Inside 10.10.0.1 on; outside 198.18.0.1 on (the benchmarking range of RFC 2544, then what
  // follows it).
  const uint32_t v4 = (inside ? 0x0a0a0000U : 0xc6120000U) + 1 + index;
  const uint64_t v6_high = inside ? 0x20010db800100000ULL : 0x20010db8f0000000ULL;
  return {.name = fmt::format("{}{}", inside ? 'h' : 'o', index + 1),
          .inside = inside,
          .v4 = IpAddress::FromV4(v4),
          .v6 = IpAddress::FromWords(v6_high, index + 1),
          .delay = delay,
          .next_port = port};
}

}  // namespace

Site::Site(const SiteOptions& options, uint64_t seed) : options_(options) {
  RandomStream random(seed, kSiteStream);
  hosts_.reserve(options.inside_hosts + options.outside_hosts);
  for (uint32_t i = 0; i < options.inside_hosts + options.outside_hosts; ++i) {
    const bool inside = i < options.inside_hosts;
    const double delay =
        inside ? random.Uniform(0.00005, 0.0003)
               : std::min(0.3, random.LogNormal(options.delay_median_s, options.delay_sigma));
    const auto port = static_cast<uint16_t>(kFirstPort + random.Below(kLastPort - kFirstPort));
    hosts_.push_back(MakeHost(inside ? i : i - options.inside_hosts, inside, Seconds(delay), port));
  }
}

uint32_t Site::OtherThan(uint32_t host, RandomStream& random) const {
  uint32_t other = host;
  while (other == host) other = hosts_[host].inside ? AnyInside(random) : AnyOutside(random);
  return other;
}

uint16_t Site::TakePort(uint32_t host) {
  uint16_t& next = hosts_[host].next_port;
  next = next >= kLastPort ? kFirstPort : static_cast<uint16_t>(next + 1);
  return next;
}

PrefixSet Site::InsideNetworks() {
  PrefixSet networks;
  for (const char* text : {"10.10.0.0/16", "2001:db8:10::/48"}) networks.Add(*Prefix::Parse(text));
  return networks;
}

std::vector<TruthHost> Site::TruthHosts() const {
  std::vector<TruthHost> hosts;
  hosts.reserve(hosts_.size());
  for (const Host& host : hosts_)
    hosts.push_back({.name = host.name, .ip = host.v4, .inside = host.inside});
  return hosts;
}

}  // namespace cairn::traces
