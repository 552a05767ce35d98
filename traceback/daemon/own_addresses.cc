// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/own_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "traceback/sockets/socket_address.h"
#include "traceback/stop/asker_network.h"

namespace cairn::daemon {
namespace {

// All zero for what is no address of IPv4 or IPv6.
IpAddress AddressOf(const sockaddr* address) {
  if (address == nullptr) return {};
  sockaddr_storage storage{};
  if (address->sa_family == AF_INET) {
    std::memcpy(&storage, address, sizeof(sockaddr_in));
  } else if (address->sa_family == AF_INET6) {
    std::memcpy(&storage, address, sizeof(sockaddr_in6));
  }
  return sockets::EndpointOf(storage).ip;
}

}  // namespace

std::vector<IpAddress> ReadOwnAddresses() {
  std::vector<IpAddress> addresses;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return addresses;
  for (const ifaddrs* each = first; each != nullptr && addresses.size() < kMostRead;
       each = each->ifa_next) {
    if (const IpAddress ip = AddressOf(each->ifa_addr); ip != IpAddress()) addresses.push_back(ip);
  }
  freeifaddrs(first);
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

bool OwnAddresses::Refresh(Clock::time_point now) {
  if (now < next_look_) return false;
  next_look_ = now + kInterval;
  std::vector<IpAddress> found = ReadOwnAddresses();
  if (found.empty() || found == addresses_) return false;
  addresses_ = std::move(found);
  stop::SetOwnAddresses(addresses_);
  return true;
}

}  // namespace cairn::daemon
