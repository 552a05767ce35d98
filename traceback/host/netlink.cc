// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/netlink.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "fmt/format.h"

namespace cairn::host {
namespace {

constexpr uint16_t kAttributeType = 0x3fff;  // NLA_TYPE_MASK
constexpr size_t kBufferBytes = 64 << 10;    // more than the kernel puts into one datagram

std::string Text(int error) { return std::generic_category().message(error); }

absl::Status StatusOfError(int error) {
  if (error == ENOENT) return absl::NotFoundError("the kernel has no such thing");
  return absl::UnavailableError(fmt::format("the kernel refuses: {}", Text(error)));
}

}  // namespace

void ForEachAttribute(NetlinkBytes message, size_t header,
                      const std::function<void(uint16_t type, NetlinkBytes value)>& take) {
  size_t at = NLMSG_ALIGN(header);
  while (at + sizeof(rtattr) <= message.size()) {
    rtattr attribute{};
    std::memcpy(&attribute, message.data() + at, sizeof(attribute));
    if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > message.size() - at) return;
    take(attribute.rta_type & kAttributeType,
         message.subspan(at + RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0)));
    at += RTA_ALIGN(attribute.rta_len);
  }
}

std::optional<IpAddress> AddressOf(uint8_t family, NetlinkBytes bytes) {
  const auto* octets = reinterpret_cast<const uint8_t*>(bytes.data());
  if (family == AF_INET && bytes.size() >= 4) return IpAddress::FromV4Bytes(octets);
  if (family == AF_INET6 && bytes.size() >= 16) return IpAddress::FromV6Bytes(octets);
  return std::nullopt;
}

std::vector<std::byte> BytesOfAddress(const IpAddress& ip) {
  const std::array<uint8_t, 16> octets = ip.ToBytes();
  const NetlinkBytes bytes = std::as_bytes(std::span(octets)).subspan(ip.IsV4() ? 12 : 0);
  return {bytes.begin(), bytes.end()};
}

void NetlinkBody::Append(NetlinkBytes value) {
  bytes_.insert(bytes_.end(), value.begin(), value.end());
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

void NetlinkBody::Put(uint16_t type, NetlinkBytes value) {
  const rtattr attribute = {.rta_len = static_cast<uint16_t>(RTA_LENGTH(value.size())),
                            .rta_type = type};
  Append(BytesOf(attribute));
  Append(value);
}

size_t NetlinkBody::Begin(uint16_t type) {
  const size_t begun = bytes_.size();
  Put(type | NLA_F_NESTED, {});
  return begun;
}

void NetlinkBody::End(size_t begun) {
  const auto length = static_cast<uint16_t>(bytes_.size() - begun);
  std::memcpy(bytes_.data() + begun, &length, sizeof(length));
}

absl::StatusOr<Netlink> Netlink::Open(int protocol) {
  UniqueFd descriptor(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!descriptor.is_open()) {
    return absl::UnavailableError(fmt::format("no netlink socket: {}", Text(errno)));
  }
  const timeval patience = {.tv_sec = 5, .tv_usec = 0};
  setsockopt(descriptor.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return Netlink(std::move(descriptor));
}

absl::Status Netlink::Send(uint16_t type, uint16_t flags, NetlinkBytes body) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(body.size()));
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST | flags;
  header.nlmsg_seq = ++sequence_;
  std::array<iovec, 2> parts = {
      {{.iov_base = &header, .iov_len = sizeof(header)},
       {.iov_base = const_cast<std::byte*>(body.data()), .iov_len = body.size()}}};
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  msghdr message{};
  message.msg_name = &kernel;
  message.msg_namelen = sizeof(kernel);
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  if (sendmsg(descriptor_.get(), &message, 0) < 0) {
    return absl::UnavailableError(fmt::format("cannot ask the kernel: {}", Text(errno)));
  }
  return absl::OkStatus();
}

// One datagram; empty if it is not the kernel's.
absl::StatusOr<NetlinkBytes> Netlink::ReceiveBlock(std::vector<std::byte>& buffer) const {
  while (true) {
    sockaddr_nl from{};
    socklen_t size = sizeof(from);
    const ssize_t got = recvfrom(descriptor_.get(), buffer.data(), buffer.size(), MSG_TRUNC,
                                 reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return absl::DataLossError(fmt::format("no answer of the kernel: {}", Text(errno)));
    }
    if (static_cast<size_t>(got) > buffer.size()) {
      return absl::DataLossError("an answer of the kernel is too long");
    }
    return NetlinkBytes(buffer).first(from.nl_pid == 0 ? static_cast<size_t>(got) : 0);
  }
}

absl::Status Netlink::Ask(uint16_t type, uint16_t flags, NetlinkBytes body,
                          const std::function<void(uint16_t, NetlinkBytes)>& take) {
  // An answer ends with a word of its own; not all parts of the kernel mark those of one message.
  const bool is_dump = (flags & NLM_F_DUMP) == NLM_F_DUMP;
  const auto with_end = static_cast<uint16_t>(is_dump ? flags : flags | NLM_F_ACK);
  if (absl::Status sent = Send(type, with_end, body); !sent.ok()) return sent;
  std::vector<std::byte> buffer(kBufferBytes);
  bool is_whole = true;
  while (true) {
    const absl::StatusOr<NetlinkBytes> block = ReceiveBlock(buffer);
    if (!block.ok()) return block.status();
    NetlinkBytes rest = *block;
    while (const std::optional<nlmsghdr> header = FirstOf<nlmsghdr>(rest)) {
      if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest.size()) break;
      const NetlinkBytes message = rest.subspan(NLMSG_HDRLEN, header->nlmsg_len - NLMSG_HDRLEN);
      rest = rest.subspan(std::min<size_t>(NLMSG_ALIGN(header->nlmsg_len), rest.size()));
      // The rest of an answer that was given up: it belongs to an earlier question.
      if (header->nlmsg_seq != sequence_) continue;
      is_whole = is_whole && (header->nlmsg_flags & NLM_F_DUMP_INTR) == 0;
      if (header->nlmsg_type != NLMSG_DONE && header->nlmsg_type != NLMSG_ERROR) {
        take(header->nlmsg_type, message);
        continue;
      }
      const int32_t error = FirstOf<int32_t>(message).value_or(0);
      if (error < 0) return StatusOfError(-error);
      return is_whole ? absl::OkStatus()
                      : absl::DataLossError("what was asked for changed meanwhile");
    }
  }
}

}  // namespace cairn::host
