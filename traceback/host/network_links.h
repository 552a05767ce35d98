// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_NETWORK_LINKS_H_
#define CAIRN_TRACEBACK_HOST_NETWORK_LINKS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "traceback/host/netlink.h"

// Which addresses a network namespace has, and whether packets to them go there (rtnetlink(7)).
namespace cairn::host {

struct NetworkInterface {
  uint32_t index = 0;
  uint32_t master = 0;  // the bridge that it belongs to; 0: none
  // The other end of a pair, or what it is a part of; 0: none.
  uint32_t link = 0;
  std::optional<int32_t> link_namespace;  // where that is; unset: in the same namespace
  std::string hardware_address;           // bytes
};

// The interfaces of one namespace and their addresses, at one moment.
struct NetworkLinks {
  std::map<uint32_t, NetworkInterface> interfaces;     // by index
  absl::flat_hash_map<IpAddress, uint32_t> addresses;  // and the interface's index
  std::optional<int32_t> number_of_home;               // what this namespace calls the own one
};

// `route`: NETLINK_ROUTE, of that namespace.
absl::StatusOr<NetworkLinks> ReadNetworkLinks(Netlink& route);

// How the namespace of `route` sends packets to an address.
struct Route {
  bool is_local = false;   // to itself
  bool is_direct = false;  // to a neighbour, which has that address
  uint32_t interface = 0;
};
absl::StatusOr<Route> RouteTo(Netlink& route, const IpAddress& ip);
// The hardware address that a neighbour has; empty: not known at the moment.
std::string NeighbourAt(Netlink& route, uint32_t interface, const IpAddress& ip);

// Whether packets that the own namespace sends to `ip` by `route` reach the interface that has this
// address in `other`: it is tied to the one that they leave by, itself or through a bridge.
// `neighbour`: the hardware address there; empty: not known.
bool IsReached(const NetworkLinks& own, const Route& route, const NetworkLinks& other,
               const IpAddress& ip, const std::string& neighbour);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_NETWORK_LINKS_H_
