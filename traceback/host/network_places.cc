// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/network_places.h"

#include <linux/netlink.h>

#include <algorithm>
#include <utility>

namespace cairn::host {
namespace {

constexpr size_t kMostRoutesKept = 65536;

// Addresses that are other machines' on each link.
bool IsOfOneLink(const IpAddress& ip) {
  constexpr uint64_t kLinkLocalV6 = 0xfe80;
  if (ip.IsV4()) return (ip.low() >> 16 & 0xffff) == 0xa9fe || (ip.low() >> 24 & 0xff) == 127;
  return ip.high() >> 48 == kLinkLocalV6 || ip == IpAddress::FromWords(0, 1);
}

}  // namespace

void NetworkPlaces::ReadOwn() {
  if (std::exchange(has_read_own_, true)) return;
  absl::StatusOr<Netlink> route = Netlink::Open(NETLINK_ROUTE);
  if (!route.ok()) return;
  route_ = *std::move(route);
  if (absl::StatusOr<NetworkLinks> links = ReadNetworkLinks(*route_); links.ok()) {
    own_ = *std::move(links);
  }
  for (const auto& [ip, interface] : own_.addresses) own_addresses_.push_back(ip);
  std::sort(own_addresses_.begin(), own_addresses_.end());
}

bool NetworkPlaces::IsOwn(const IpAddress& ip) {
  ReadOwn();
  return own_.addresses.contains(ip);
}

const std::vector<IpAddress>& NetworkPlaces::OwnAddresses() {
  ReadOwn();
  return own_addresses_;
}

void NetworkPlaces::ReadPlaces() {
  if (std::exchange(has_read_places_, true)) return;
  for (const NoticedNamespace& noticed : NoticeNamespaces(proc_, deadline_)) ReadPlace(noticed);
  if (deadline_.Passed()) ++not_seen_;
}

void NetworkPlaces::ReadPlace(const NoticedNamespace& noticed) {
  if (deadline_.Passed()) {
    ++not_seen_;
    return;
  }
  const absl::StatusOr<NetworkNamespace> network = NetworkNamespace::Open(proc_, noticed.path);
  // Gone, or another one by now.
  if (!network.ok() || network->number() != noticed.number) return;
  NetworkPlace place = {
      .number = noticed.number, .path = noticed.path, .made_by = network->MadeBy(), .links = {}};
  if (!place.made_by.has_value()) {
    if (++system_ > kMostSystem) {
      ++not_seen_;
      return;
    }
    absl::StatusOr<Netlink> route = network->OpenNetlink(NETLINK_ROUTE);
    absl::StatusOr<NetworkLinks> links = route.ok() ? ReadNetworkLinks(*route) : route.status();
    if (!links.ok()) {
      ++not_seen_;
      return;
    }
    place.links = *std::move(links);
    for (const auto& [ip, interface] : place.links.addresses) {
      by_address_[ip].push_back(places_.size());
    }
  }
  places_.push_back(std::move(place));
}

std::optional<Route> NetworkPlaces::RouteOf(const IpAddress& ip) {
  if (const auto known = routes_.find(ip); known != routes_.end()) return known->second;
  if (!route_.has_value()) return std::nullopt;
  const absl::StatusOr<Route> route = RouteTo(*route_, ip);
  if (routes_.size() < kMostRoutesKept) routes_[ip] = route.ok() ? *route : Route{};
  return route.ok() ? std::optional<Route>(*route) : std::nullopt;
}

std::vector<const NetworkPlace*> NetworkPlaces::LeadingTo(const IpAddress& ip) {
  std::vector<const NetworkPlace*> leading;
  if (IsOfOneLink(ip) || IsOwn(ip)) return leading;
  const std::optional<Route> route = RouteOf(ip);
  // Behind a router is no namespace of this host that could be told.
  if (!route.has_value() || !route->is_direct) return leading;
  ReadPlaces();
  const auto claiming = by_address_.find(ip);
  if (claiming == by_address_.end()) return leading;
  const std::string neighbour = NeighbourAt(*route_, route->interface, ip);
  for (const size_t index : claiming->second) {
    if (IsReached(own_, *route, places_[index].links, ip, neighbour)) {
      leading.push_back(&places_[index]);
    }
  }
  return leading;
}

std::vector<const NetworkPlace*> NetworkPlaces::MadeBy(std::optional<uint32_t> maker) {
  ReadPlaces();
  std::vector<const NetworkPlace*> made;
  for (const NetworkPlace& place : places_) {
    if (place.made_by == maker) made.push_back(&place);
  }
  return made;
}

std::optional<PacketEnds> NetworkPlaces::AnswersTo(const PacketEnds& ends) {
  if (!std::exchange(has_opened_conntrack_, true)) {
    absl::StatusOr<Conntrack> conntrack = Conntrack::Open();
    if (conntrack.ok()) conntrack_ = *std::move(conntrack);
  }
  return conntrack_.has_value() ? conntrack_->AnswersTo(ends) : std::nullopt;
}

}  // namespace cairn::host
