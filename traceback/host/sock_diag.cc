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
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "fmt/format.h"

#include "traceback/host/tcp_direction.h"

namespace cairn::host {
namespace {

constexpr size_t kBufferBytes = 64 << 10;  // more than the kernel puts into one datagram
constexpr int kTcpListen = 10;
constexpr uint32_t kAllStates = 0xffffffff;
// Connections that processes have closed, or not got yet, are nobody's; a busy server has more of
// them than of others.
constexpr uint32_t kHeldStates =
    kAllStates & ~(1U << TCP_TIME_WAIT | 1U << TCP_SYN_RECV | 1U << 12);  // 12: NEW_SYN_RECV

std::string Text(int error) { return std::generic_category().message(error); }

template <typename T>
std::span<const std::byte> BytesOf(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

IpAddress ReadAddress(uint8_t family, const void* bytes) {
  const auto* octets = static_cast<const uint8_t*>(bytes);
  return family == AF_INET ? IpAddress::FromV4Bytes(octets) : IpAddress::FromV6Bytes(octets);
}

// Calls `take(type, value)` with each attribute that follows the first `header` bytes of a message.
template <typename Take>
void ForEachAttribute(std::span<const std::byte> message, size_t header, Take take) {
  size_t at = NLMSG_ALIGN(header);
  while (at + sizeof(rtattr) <= message.size()) {
    rtattr attribute{};
    std::memcpy(&attribute, message.data() + at, sizeof(attribute));
    if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > message.size() - at) return;
    take(attribute.rta_type,
         message.subspan(at + RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0)));
    at += RTA_ALIGN(attribute.rta_len);
  }
}

// After these states the other end has acknowledged our FIN.
bool OwnFinAcked(uint8_t state) { return state == TCP_FIN_WAIT2 || state == TCP_TIME_WAIT; }

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

std::optional<InternetSocket> ParseInternetSocket(std::span<const std::byte> message) {
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
  ForEachAttribute(message, sizeof(body), [&](uint16_t type, std::span<const std::byte> value) {
    if (type != INET_DIAG_INFO || socket.state == kTcpListen) return;
    if (const std::optional<TcpCounts> counts = ReadTcpCounts(value); counts.has_value()) {
      socket.direction = DirectionOf(*counts, OwnFinAcked(socket.state));
    }
  });
  return socket;
}

std::optional<UnixSocket> ParseUnixSocket(std::span<const std::byte> message) {
  unix_diag_msg body{};
  if (message.size() < sizeof(body)) return std::nullopt;
  std::memcpy(&body, message.data(), sizeof(body));
  if (body.udiag_family != AF_UNIX) return std::nullopt;
  UnixSocket socket;
  socket.inode = body.udiag_ino;
  socket.listens = body.udiag_state == kTcpListen;
  ForEachAttribute(message, sizeof(body), [&](uint16_t type, std::span<const std::byte> value) {
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
  const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (descriptor < 0) {
    return absl::FailedPreconditionError(
        fmt::format("the kernel has no socket diagnosis ({}); load its modules: modprobe -a "
                    "tcp_diag udp_diag unix_diag",
                    Text(errno)));
  }
  const timeval patience = {.tv_sec = 5, .tv_usec = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return SockDiag(descriptor);
}

SockDiag::~SockDiag() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::Status SockDiag::Send(std::span<const std::byte> request, uint16_t flags, uint16_t type) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(request.size()));
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  std::vector<std::byte> message(header.nlmsg_len);
  std::memcpy(message.data(), &header, sizeof(header));
  std::copy(request.begin(), request.end(), message.begin() + NLMSG_HDRLEN);
  if (send(descriptor_, message.data(), message.size(), 0) < 0) {
    return absl::UnavailableError(fmt::format("cannot ask for sockets: {}", Text(errno)));
  }
  return absl::OkStatus();
}

absl::Status SockDiag::Receive(const std::function<void(std::span<const std::byte>)>& take) {
  std::vector<std::byte> buffer(kBufferBytes);
  while (true) {
    const ssize_t got = recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return absl::UnavailableError(fmt::format("no answer about sockets: {}", Text(errno)));
    }
    std::span<const std::byte> rest = std::span(buffer).first(static_cast<size_t>(got));
    while (rest.size() >= sizeof(nlmsghdr)) {
      nlmsghdr header{};
      std::memcpy(&header, rest.data(), sizeof(header));
      if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > rest.size()) break;
      const std::span<const std::byte> body =
          rest.subspan(NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
      if (header.nlmsg_type == NLMSG_DONE) return absl::OkStatus();
      if (header.nlmsg_type == NLMSG_ERROR) {
        int32_t error = 0;
        if (body.size() >= sizeof(error)) std::memcpy(&error, body.data(), sizeof(error));
        if (error == -ENOENT) return absl::NotFoundError("no such socket");
        return absl::UnavailableError(fmt::format("asking for sockets failed: {}", Text(-error)));
      }
      take(body);
      if ((header.nlmsg_flags & NLM_F_MULTI) == 0) return absl::OkStatus();
      rest = rest.subspan(std::min<size_t>(NLMSG_ALIGN(header.nlmsg_len), rest.size()));
    }
  }
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
  if (absl::Status sent = Send(BytesOf(request), 0); !sent.ok()) return sent;
  std::optional<InternetSocket> found;
  const absl::Status received = Receive(
      [&found](std::span<const std::byte> message) { found = ParseInternetSocket(message); });
  if (!received.ok()) return received;
  // Where there is no connection the kernel may name a socket that listens.
  if (!found.has_value() || found->state == kTcpListen || found->local != local ||
      found->remote != remote) {
    return absl::NotFoundError("no such socket");
  }
  return *found;
}

absl::StatusOr<std::vector<InternetSocket>> SockDiag::Dump(Protocol protocol, uint16_t local_port,
                                                           uint16_t remote_port) {
  std::vector<InternetSocket> sockets;
  const auto take = [&sockets](std::span<const std::byte> message) {
    if (std::optional<InternetSocket> socket = ParseInternetSocket(message)) {
      sockets.push_back(*socket);
    }
  };
  if (protocol == Protocol::kTcp) {
    // The older form of the question is answered for both families at once, which halves what
    // costs most: the kernel goes through the connections of the whole host each time.
    inet_diag_req request{};
    request.idiag_family = AF_INET;
    request.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    request.idiag_states = kHeldStates;
    request.id = InternetRequest(AF_INET, IPPROTO_TCP).id;
    request.id.idiag_sport = htons(local_port);
    request.id.idiag_dport = htons(remote_port);
    absl::Status asked = Send(BytesOf(request), NLM_F_DUMP, TCPDIAG_GETSOCK);
    if (asked.ok()) asked = Receive(take);
    if (!asked.ok()) return asked;
    return sockets;
  }
  for (const uint8_t family : {uint8_t{AF_INET}, uint8_t{AF_INET6}}) {
    inet_diag_req_v2 request = InternetRequest(family, IPPROTO_UDP);
    request.id.idiag_sport = htons(local_port);
    request.id.idiag_dport = htons(remote_port);
    if (absl::Status sent = Send(BytesOf(request), NLM_F_DUMP); !sent.ok()) return sent;
    const absl::Status received = Receive(take);
    // A kernel without IPv6 has none of its sockets.
    if (!received.ok() && !absl::IsNotFound(received)) return received;
  }
  return sockets;
}

absl::StatusOr<std::vector<UnixSocket>> SockDiag::DumpUnix() {
  unix_diag_req request{};
  request.sdiag_family = AF_UNIX;
  request.udiag_states = kAllStates;
  request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER;
  if (absl::Status sent = Send(BytesOf(request), NLM_F_DUMP); !sent.ok()) return sent;
  std::vector<UnixSocket> sockets;
  const absl::Status received = Receive([&sockets](std::span<const std::byte> message) {
    if (std::optional<UnixSocket> socket = ParseUnixSocket(message)) {
      sockets.push_back(*std::move(socket));
    }
  });
  if (!received.ok()) return received;
  return sockets;
}

}  // namespace cairn::host
