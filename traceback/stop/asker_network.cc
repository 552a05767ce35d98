// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/stop/asker_network.h"

#include <algorithm>
#include <utility>

namespace cairn::stop {
namespace {

constexpr IpAddress kThisHost = IpAddress::FromV4(0x7f000001);

// Sorted.
std::vector<IpAddress>& OwnAddresses() {
  static std::vector<IpAddress> addresses;
  return addresses;
}

bool IsLoopback(const IpAddress& ip) {
  constexpr uint64_t kNetwork127 = 0x7f;
  if (ip.IsV4()) return (ip.low() >> 24 & 0xff) == kNetwork127;
  return ip == IpAddress::FromWords(0, 1);
}

}  // namespace

IpAddress AskerNetwork(const IpAddress& asker) {
  const IpAddress ip = asker.Unmapped();
  const std::vector<IpAddress>& own = OwnAddresses();
  if (IsLoopback(ip) || std::binary_search(own.begin(), own.end(), ip)) return kThisHost;
  return ip.IsV4() ? ip : IpAddress::FromWords(ip.high(), 0);
}

void SetOwnAddresses(std::vector<IpAddress> addresses) {
  std::sort(addresses.begin(), addresses.end());
  OwnAddresses() = std::move(addresses);
}

}  // namespace cairn::stop
