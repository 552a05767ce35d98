// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/network_links.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace cairn::host {
namespace {

uint8_t FamilyOf(const IpAddress& ip) { return ip.IsV4() ? AF_INET : AF_INET6; }

std::string TextOf(NetlinkBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

absl::Status ReadInterfaces(Netlink& route, NetworkLinks& links) {
  ifinfomsg question{};
  return route.Ask(RTM_GETLINK, NLM_F_DUMP, BytesOf(question), [&](uint16_t, NetlinkBytes body) {
    const std::optional<ifinfomsg> header = FirstOf<ifinfomsg>(body);
    if (!header.has_value()) return;
    NetworkInterface found = {.index = static_cast<uint32_t>(header->ifi_index),
                              .link_namespace = std::nullopt,
                              .hardware_address = {}};
    ForEachAttribute(body, sizeof(*header), [&found](uint16_t type, NetlinkBytes value) {
      if (type == IFLA_MASTER) found.master = FirstOf<uint32_t>(value).value_or(0);
      if (type == IFLA_LINK) found.link = FirstOf<uint32_t>(value).value_or(0);
      if (type == IFLA_LINK_NETNSID) found.link_namespace = FirstOf<int32_t>(value);
      if (type == IFLA_ADDRESS) found.hardware_address = TextOf(value);
    });
    links.interfaces[found.index] = std::move(found);
  });
}

absl::Status ReadAddresses(Netlink& route, NetworkLinks& links) {
  ifaddrmsg question{};
  return route.Ask(RTM_GETADDR, NLM_F_DUMP, BytesOf(question), [&](uint16_t, NetlinkBytes body) {
    const std::optional<ifaddrmsg> header = FirstOf<ifaddrmsg>(body);
    if (!header.has_value()) return;
    std::optional<IpAddress> local;
    std::optional<IpAddress> address;
    ForEachAttribute(body, sizeof(*header), [&](uint16_t type, NetlinkBytes value) {
      if (type == IFA_LOCAL) local = AddressOf(header->ifa_family, value);
      if (type == IFA_ADDRESS) address = AddressOf(header->ifa_family, value);
    });
    // On a link between two, IFA_ADDRESS is the other end's.
    if (!local.has_value()) local = address;
    if (local.has_value()) links.addresses[*local] = header->ifa_index;
  });
}

// What the namespace of `route` calls the one that this process is in.
std::optional<int32_t> NumberOfHome(Netlink& route) {
  const UniqueFd home(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home.is_open()) return std::nullopt;
  rtgenmsg header{};
  NetlinkBody question(header);
  question.Put(NETNSA_FD, BytesOf(static_cast<uint32_t>(home.get())));
  std::optional<int32_t> number;
  const absl::Status asked =
      route.Ask(RTM_GETNSID, 0, question.bytes(), [&number](uint16_t, NetlinkBytes body) {
        ForEachAttribute(body, sizeof(rtgenmsg), [&number](uint16_t type, NetlinkBytes value) {
          if (type == NETNSA_NSID) number = FirstOf<int32_t>(value);
        });
      });
  if (!asked.ok() || number == NETNSA_NSID_NOT_ASSIGNED) return std::nullopt;
  return number;
}

}  // namespace

absl::StatusOr<NetworkLinks> ReadNetworkLinks(Netlink& route) {
  NetworkLinks links;
  // Some have changed meanwhile: the others are true.
  for (const absl::Status& read : {ReadInterfaces(route, links), ReadAddresses(route, links)}) {
    if (!read.ok() && !absl::IsDataLoss(read)) return read;
  }
  // Namespaces get their numbers when links to them are shown.
  links.number_of_home = NumberOfHome(route);
  return links;
}

absl::StatusOr<Route> RouteTo(Netlink& route, const IpAddress& ip) {
  rtmsg header{};
  header.rtm_family = FamilyOf(ip);
  header.rtm_dst_len = ip.IsV4() ? 32 : 128;
  NetlinkBody question(header);
  question.Put(RTA_DST, BytesOfAddress(ip));
  Route found;
  const absl::Status asked =
      route.Ask(RTM_GETROUTE, 0, question.bytes(), [&found](uint16_t, NetlinkBytes body) {
        const std::optional<rtmsg> answer = FirstOf<rtmsg>(body);
        if (!answer.has_value()) return;
        found.is_local = answer->rtm_type == RTN_LOCAL;
        found.is_direct = answer->rtm_type == RTN_UNICAST;
        ForEachAttribute(body, sizeof(*answer), [&found](uint16_t type, NetlinkBytes value) {
          if (type == RTA_OIF) found.interface = FirstOf<uint32_t>(value).value_or(0);
          if (type == RTA_GATEWAY || type == RTA_VIA) found.is_direct = false;
        });
      });
  if (!asked.ok()) return asked;
  return found;
}

std::string NeighbourAt(Netlink& route, uint32_t interface, const IpAddress& ip) {
  ndmsg header{};
  header.ndm_family = FamilyOf(ip);
  header.ndm_ifindex = static_cast<int>(interface);
  NetlinkBody question(header);
  question.Put(NDA_DST, BytesOfAddress(ip));
  std::string hardware_address;
  const absl::Status asked =
      route.Ask(RTM_GETNEIGH, 0, question.bytes(), [&](uint16_t, NetlinkBytes body) {
        ForEachAttribute(body, sizeof(ndmsg), [&](uint16_t type, NetlinkBytes value) {
          if (type == NDA_LLADDR) hardware_address = TextOf(value);
        });
      });
  return asked.ok() ? hardware_address : std::string();
}

bool IsReached(const NetworkLinks& own, const Route& route, const NetworkLinks& other,
               const IpAddress& ip, const std::string& neighbour) {
  if (!route.is_direct || !other.number_of_home.has_value()) return false;
  const auto address = other.addresses.find(ip);
  if (address == other.addresses.end()) return false;
  const auto there = other.interfaces.find(address->second);
  if (there == other.interfaces.end() || there->second.link == 0 ||
      there->second.link_namespace != other.number_of_home) {
    return false;
  }
  if (!neighbour.empty() && neighbour != there->second.hardware_address) return false;
  const uint32_t here = there->second.link;
  if (here == route.interface) return true;
  const auto tied = own.interfaces.find(here);
  if (tied == own.interfaces.end() || tied->second.master == 0) return false;
  if (tied->second.master == route.interface) return true;
  // A VLAN of the bridge.
  const auto leaving = own.interfaces.find(route.interface);
  return leaving != own.interfaces.end() && !leaving->second.link_namespace.has_value() &&
         leaving->second.link == tied->second.master;
}

}  // namespace cairn::host
