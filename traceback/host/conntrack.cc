// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/conntrack.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "traceback/host/proc_folder.h"
#include "traceback/host/proc_text.h"

namespace cairn::host {
namespace {

constexpr uint16_t kGetConnection = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;

uint8_t FamilyOf(const PacketEnds& ends) {
  return ends.from.ip.IsV4() && ends.to.ip.IsV4() ? AF_INET : AF_INET6;
}

NetlinkBody Question(const PacketEnds& ends) {
  const bool is_v4 = FamilyOf(ends) == AF_INET;
  const nfgenmsg header = {.nfgen_family = FamilyOf(ends), .version = NFNETLINK_V0, .res_id = 0};
  NetlinkBody body(header);
  const size_t tuple = body.Begin(CTA_TUPLE_ORIG);
  const size_t addresses = body.Begin(CTA_TUPLE_IP);
  body.Put(is_v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, BytesOfAddress(ends.from.ip));
  body.Put(is_v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, BytesOfAddress(ends.to.ip));
  body.End(addresses);
  const size_t protocol = body.Begin(CTA_TUPLE_PROTO);
  body.Put(CTA_PROTO_NUM, BytesOf(uint8_t{IPPROTO_TCP}));
  body.Put(CTA_PROTO_SRC_PORT, BytesOf(htons(ends.from.port)));
  body.Put(CTA_PROTO_DST_PORT, BytesOf(htons(ends.to.port)));
  body.End(protocol);
  body.End(tuple);
  return body;
}

uint16_t PortOf(NetlinkBytes value) { return ntohs(FirstOf<uint16_t>(value).value_or(0)); }

void ReadAddress(uint16_t type, NetlinkBytes value, PacketEnds& ends) {
  switch (type) {
    case CTA_IP_V4_SRC:
    case CTA_IP_V6_SRC:
      ends.from.ip =
          AddressOf(type == CTA_IP_V4_SRC ? AF_INET : AF_INET6, value).value_or(IpAddress());
      break;
    case CTA_IP_V4_DST:
    case CTA_IP_V6_DST:
      ends.to.ip =
          AddressOf(type == CTA_IP_V4_DST ? AF_INET : AF_INET6, value).value_or(IpAddress());
      break;
    default:
      break;
  }
}

PacketEnds ParseTuple(NetlinkBytes tuple) {
  PacketEnds ends;
  ForEachAttribute(tuple, 0, [&ends](uint16_t part, NetlinkBytes inner) {
    ForEachAttribute(inner, 0, [&ends, part](uint16_t type, NetlinkBytes value) {
      if (part == CTA_TUPLE_IP) ReadAddress(type, value, ends);
      if (part != CTA_TUPLE_PROTO) return;
      if (type == CTA_PROTO_SRC_PORT) ends.from.port = PortOf(value);
      if (type == CTA_PROTO_DST_PORT) ends.to.port = PortOf(value);
    });
  });
  return ends;
}

}  // namespace

std::optional<TrackedConnection> ParseTrackedConnection(NetlinkBytes body) {
  std::optional<PacketEnds> original;
  std::optional<PacketEnds> reply;
  ForEachAttribute(body, sizeof(nfgenmsg), [&](uint16_t type, NetlinkBytes value) {
    if (type == CTA_TUPLE_ORIG) original = ParseTuple(value);
    if (type == CTA_TUPLE_REPLY) reply = ParseTuple(value);
  });
  if (!original.has_value() || !reply.has_value()) return std::nullopt;
  return TrackedConnection{.original = *original, .reply = *reply};
}

absl::StatusOr<Conntrack> Conntrack::Open() {
  // Without rules that want it, nothing is tracked; asking would load the kernel's modules.
  const std::optional<uint64_t> count =
      ParseNumber(ProcFolder("/proc/sys/net/netfilter").Read("nf_conntrack_count"));
  if (count.value_or(0) == 0) return absl::FailedPreconditionError("no connection is tracked");
  absl::StatusOr<Netlink> netlink = Netlink::Open(NETLINK_NETFILTER);
  if (!netlink.ok()) return netlink.status();
  return Conntrack(*std::move(netlink));
}

std::optional<PacketEnds> Conntrack::AnswersTo(const PacketEnds& ends) {
  std::optional<TrackedConnection> found;
  const absl::Status asked =
      netlink_.Ask(kGetConnection, 0, Question(ends).bytes(),
                   [&found](uint16_t, NetlinkBytes body) { found = ParseTrackedConnection(body); });
  if (!asked.ok() || !found.has_value()) return std::nullopt;
  if (found->original == ends) return found->reply;
  if (found->reply == ends) return found->original;
  return std::nullopt;
}

}  // namespace cairn::host
