// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/border/network_tally.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

namespace cairn::border {
namespace {

IpAddress Wide(const IpAddress& any) {
  const IpAddress ip = any.Unmapped();
  if (ip.IsV4()) return IpAddress::FromV4(static_cast<uint32_t>(ip.low()) & 0xffff0000U);
  return IpAddress::FromWords(ip.high() & ~uint64_t{0xffff}, 0);
}

IpAddress Narrow(const IpAddress& any) {
  const IpAddress ip = any.Unmapped();
  if (ip.IsV4()) return IpAddress::FromV4(static_cast<uint32_t>(ip.low()) & 0xffffff00U);
  return IpAddress::FromWords(ip.high(), 0);
}

std::string WideText(const IpAddress& network) {
  return fmt::format("{}/{}", network.ToString(), network.IsV4() ? 16 : 48);
}

std::string NarrowText(const IpAddress& network) {
  return fmt::format("{}/{}", network.ToString(), network.IsV4() ? 24 : 64);
}

}  // namespace

// A new network takes its place from all others: each gives one of its connections.  That is paid
// for by the Add() that counted it.
void FrequentNetworks::Add(const IpAddress& network) {
  const auto found = counts_.find(network);
  if (found != counts_.end()) {
    ++found->second;
  } else if (counts_.size() < kMost) {
    counts_.emplace(network, 1);
  } else {
    const size_t before = counts_.size();
    absl::erase_if(counts_, [](auto& entry) { return --entry.second == 0; });
    dropped_ += before - counts_.size() + 1;
  }
}

void NetworkTally::Add(const IpAddress& a, const IpAddress& b) {
  ++connections_;
  wide_.Add(Wide(a));
  if (Wide(b) != Wide(a)) wide_.Add(Wide(b));
  narrow_.Add(Narrow(a));
  if (Narrow(b) != Narrow(a)) narrow_.Add(Narrow(b));
}

std::vector<NetworkSeen> NetworkTally::Top(size_t most) const {
  constexpr uint64_t kLeastShare = 10;  // one of so many
  std::vector<std::pair<uint64_t, IpAddress>> ranked;
  for (const auto& [network, count] : wide_.counts()) {
    if (count * kLeastShare >= connections_) ranked.emplace_back(count, network);
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& x, const auto& y) {
    return x.first != y.first ? x.first > y.first : x.second < y.second;
  });
  if (ranked.size() > most) ranked.resize(most);
  // Two networks of each length are counted a connection; so much a count may be too small.
  const uint64_t error = 2 * connections_ / FrequentNetworks::kMost;
  std::vector<NetworkSeen> top;
  for (const auto& [count, network] : ranked) {
    NetworkSeen seen{.network = WideText(network), .connections = count};
    size_t parts = 0;
    for (const auto& [part, part_count] : narrow_.counts()) {
      if (Wide(part) != network || part_count + error < count || part_count <= error) continue;
      if (++parts == 1) seen.network = NarrowText(part);
    }
    if (parts > 1) seen.network = WideText(network);
    top.push_back(std::move(seen));
  }
  return top;
}

}  // namespace cairn::border
