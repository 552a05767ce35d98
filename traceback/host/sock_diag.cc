// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "fmt/format.h"

#include "traceback/host/mptcp.h"
#include "traceback/host/tcp_direction.h"

namespace cairn::host {
namespace {

constexpr int kTcpListen = 10;
constexpr uint32_t kAllStates = 0xffffffff;
// Connections that processes have closed (TIME_WAIT), or that are only requests yet (NEW_SYN_RECV),
// are nobody's; a busy server has more of them than of others.  One in SYN_RECV may be a process's
// already (TCP Fast Open).
constexpr uint32_t kNewSynRecv = 12;
constexpr uint32_t kHeldStates = kAllStates & ~(1U << TCP_TIME_WAIT | 1U << kNewSynRecv);

IpAddress ReadAddress(uint8_t family, const void* bytes) {
  const auto* octets = static_cast<const uint8_t*>(bytes);
  return family == AF_INET ? IpAddress::FromV4Bytes(octets) : IpAddress::FromV6Bytes(octets);
}

// After these states the other end has acknowledged our FIN.
bool OwnFinAcked(uint8_t state) { return state == TCP_FIN_WAIT2 || state == TCP_TIME_WAIT; }

// Bytes written and not acknowledged; unset: the own FIN may be one of them.
std::optional<uint32_t> Outstanding(const inet_diag_msg& body) {
  const bool has_no_fin = body.idiag_state == TCP_ESTABLISHED || body.idiag_state == TCP_CLOSE_WAIT;
  return has_no_fin ? std::optional(body.idiag_wqueue) : std::nullopt;
}

inet_diag_req_v2 InternetRequest(uint8_t family, uint8_t protocol) {
  inet_diag_req_v2 request{};
  request.sdiag_family = family;
  request.sdiag_protocol = protocol;
  request.idiag_states = kHeldStates;
  request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (protocol == IPPROTO_TCP) request.idiag_ext = 1 << (INET_DIAG_INFO - 1);
  return request;
}

void WriteAddress(const IpAddress& ip, uint8_t family, std::array<uint32_t, 4>& words) {
  const std::array<uint8_t, 16> bytes = ip.ToBytes();
  if (family == AF_INET) {
    std::memcpy(words.data(), bytes.data() + 12, 4);
  } else {
    std::memcpy(words.data(), bytes.data(), bytes.size());
  }
}

}  // namespace

std::string TcpStateName(uint8_t state) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
       "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"});
  return state < kNames.size() ? std::string(kNames[state]) : fmt::format("{}", state);
}

std::optional<InternetSocket> ParseInternetSocket(NetlinkBytes message, bool is_multipath) {
  inet_diag_msg body{};
  if (message.size() < sizeof(body)) return std::nullopt;
  std::memcpy(&body, message.data(), sizeof(body));
  if (body.idiag_family != AF_INET && body.idiag_family != AF_INET6) return std::nullopt;
  InternetSocket socket = {
      .local = {ReadAddress(body.idiag_family, body.id.idiag_src), ntohs(body.id.idiag_sport)},
      .remote = {ReadAddress(body.idiag_family, body.id.idiag_dst), ntohs(body.id.idiag_dport)},
      .inode = body.idiag_inode,
      .uid = body.idiag_uid,
      .state = body.idiag_state};
  if (socket.remote.port == 0) socket.remote = {};
  ForEachAttribute(message, sizeof(body), [&](uint16_t type, NetlinkBytes value) {
    if (type == INET_DIAG_ULP_INFO) socket.multipath_token = TokenOfPath(value);
    if (type != INET_DIAG_INFO || socket.state == kTcpListen) return;
    if (is_multipath) {
      socket.multipath_token = TokenOfMultipath(value);
    } else if (const std::optional<TcpCounts> counts = ReadTcpCounts(value); counts.has_value()) {
      socket.direction = DirectionOf(*counts, OwnFinAcked(socket.state), Outstanding(body));
    }
  });
  return socket;
}

std::optional<UnixSocket> ParseUnixSocket(NetlinkBytes message) {
  unix_diag_msg body{};
  if (message.size() < sizeof(body)) return std::nullopt;
  std::memcpy(&body, message.data(), sizeof(body));
  if (body.udiag_family != AF_UNIX) return std::nullopt;
  UnixSocket socket;
  socket.inode = body.udiag_ino;
  socket.listens = body.udiag_state == kTcpListen;
  socket.is_datagram = body.udiag_type == SOCK_DGRAM;
  ForEachAttribute(message, sizeof(body), [&](uint16_t type, NetlinkBytes value) {
    if (type == UNIX_DIAG_PEER && value.size() >= sizeof(uint32_t)) {
      uint32_t peer = 0;
      std::memcpy(&peer, value.data(), sizeof(peer));
      socket.peer = peer;
    } else if (type == UNIX_DIAG_NAME && !value.empty()) {
      const std::string_view name(reinterpret_cast<const char*>(value.data()), value.size());
      // A name in the file system ends with a zero byte; an abstract one begins with one.
      socket.name = name.front() == '\0' ? "@" + std::string(name.substr(1))
                                         : std::string(name.substr(0, name.find('\0')));
    }
  });
  return socket;
}

absl::StatusOr<SockDiag> SockDiag::Open() {
  absl::StatusOr<Netlink> netlink = Netlink::Open(NETLINK_SOCK_DIAG);
  if (!netlink.ok()) {
    return absl::FailedPreconditionError(
        fmt::format("the kernel has no socket diagnosis ({}); load its modules: modprobe -a "
                    "tcp_diag udp_diag unix_diag",
                    std::string(netlink.status().message())));
  }
  return SockDiag(*std::move(netlink));
}

absl::StatusOr<InternetSocket> SockDiag::FindTcp(const Endpoint& local, const Endpoint& remote) {
  const bool is_v4 = local.ip.IsV4() && remote.ip.IsV4();
  const uint8_t family = is_v4 ? AF_INET : AF_INET6;
  inet_diag_req_v2 request = InternetRequest(family, IPPROTO_TCP);
  request.id.idiag_sport = htons(local.port);
  request.id.idiag_dport = htons(remote.port);
  std::array<uint32_t, 4> words{};
  WriteAddress(local.ip, family, words);
  std::copy(words.begin(), words.end(), request.id.idiag_src);
  words = {};
  WriteAddress(remote.ip, family, words);
  std::copy(words.begin(), words.end(), request.id.idiag_dst);
  std::vector<InternetSocket> found;
  const absl::Status asked = netlink_.Ask(SOCK_DIAG_BY_FAMILY, 0, BytesOf(request),
                                          [&found](uint16_t, NetlinkBytes message) {
                                            if (const auto socket = ParseInternetSocket(message)) {
                                              found.push_back(*socket);
                                            }
                                          });
  if (!asked.ok()) return asked;
  // Where there is no connection the kernel may name a socket that listens.
  if (found.empty() || found.front().state == kTcpListen || found.front().local != local ||
      found.front().remote != remote) {
    return absl::NotFoundError("no such socket");
  }
  AddOwnersOfPaths(found);
  return found.front();
}

absl::Status SockDiag::Dump(Protocol protocol, std::vector<InternetSocket>& sockets,
                            uint16_t local_port, uint16_t remote_port) {
  return protocol == Protocol::kTcp ? DumpTcp(sockets, local_port, remote_port)
                                    : DumpUdp(sockets, local_port, remote_port);
}

absl::Status SockDiag::DumpTcp(std::vector<InternetSocket>& sockets, uint16_t local_port,
                               uint16_t remote_port) {
  // The older form of the question is answered for both families at once, which halves what costs
  // most: the kernel goes through the connections of the whole host each time.
  inet_diag_req request{};
  request.idiag_family = AF_INET;
  request.idiag_ext = 1 << (INET_DIAG_INFO - 1);
  request.idiag_states = kHeldStates;
  request.id = InternetRequest(AF_INET, IPPROTO_TCP).id;
  request.id.idiag_sport = htons(local_port);
  request.id.idiag_dport = htons(remote_port);
  absl::Status asked = netlink_.Ask(TCPDIAG_GETSOCK, NLM_F_DUMP, BytesOf(request),
                                    [&sockets](uint16_t, NetlinkBytes message) {
                                      if (const auto socket = ParseInternetSocket(message)) {
                                        sockets.push_back(*socket);
                                      }
                                    });
  AddOwnersOfPaths(sockets);
  return asked;
}

absl::Status SockDiag::DumpUdp(std::vector<InternetSocket>& sockets, uint16_t local_port,
                               uint16_t remote_port) {
  absl::Status worst;
  for (const uint8_t family : {uint8_t{AF_INET}, uint8_t{AF_INET6}}) {
    inet_diag_req_v2 request = InternetRequest(family, IPPROTO_UDP);
    request.id.idiag_sport = htons(local_port);
    request.id.idiag_dport = htons(remote_port);
    const absl::Status asked = netlink_.Ask(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, BytesOf(request),
                                            [&sockets](uint16_t, NetlinkBytes message) {
                                              if (const auto socket = ParseInternetSocket(message))
                                                sockets.push_back(*socket);
                                            });
    // A kernel without IPv6 has none of its sockets.
    if (!asked.ok() && !(family == AF_INET6 && absl::IsNotFound(asked))) worst = asked;
  }
  return worst;
}

// A kernel that does not know the question has no such sockets.
void SockDiag::AddOwnersOfPaths(std::vector<InternetSocket>& sockets) {
  if (std::none_of(sockets.begin(), sockets.end(), [](const InternetSocket& socket) {
        return socket.inode == 0 && socket.multipath_token != 0;
      })) {
    return;
  }
  std::vector<InternetSocket> multipath;
  for (const uint8_t family : {uint8_t{AF_INET}, uint8_t{AF_INET6}}) {
    // The number of the protocol does not fit into the question's field for it.
    NetlinkBody request(InternetRequest(family, IPPROTO_TCP));
    request.Put(INET_DIAG_REQ_PROTOCOL, BytesOf(uint32_t{IPPROTO_MPTCP}));
    const absl::Status asked =
        netlink_.Ask(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, request.bytes(),
                     [&multipath](uint16_t, NetlinkBytes message) {
                       if (const auto socket = ParseInternetSocket(message, true))
                         multipath.push_back(*socket);
                     });
    if (!asked.ok()) break;
  }
  AdoptPaths(multipath, sockets);
}

absl::Status SockDiag::DumpUnix(std::vector<UnixSocket>& sockets) {
  unix_diag_req request{};
  request.sdiag_family = AF_UNIX;
  request.udiag_states = kAllStates;
  request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER;
  return netlink_.Ask(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, BytesOf(request),
                      [&sockets](uint16_t, NetlinkBytes message) {
                        if (std::optional<UnixSocket> socket = ParseUnixSocket(message)) {
                          sockets.push_back(*std::move(socket));
                        }
                      });
}

}  // namespace cairn::host
