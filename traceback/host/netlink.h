// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_NETLINK_H_
#define CAIRN_TRACEBACK_HOST_NETLINK_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/unique_fd.h"

namespace cairn::host {

using NetlinkBytes = std::span<const std::byte>;

template <typename T>
NetlinkBytes BytesOf(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// The first bytes of `bytes` as a T; unset: there are fewer.
template <typename T>
std::optional<T> FirstOf(NetlinkBytes bytes) {
  T value{};
  if (bytes.size() < sizeof(value)) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

// Calls `take(type, value)` with each attribute that follows the first `header` bytes of a message.
// The marks for nested attributes and network order are no part of the type.
void ForEachAttribute(NetlinkBytes message, size_t header,
                      const std::function<void(uint16_t type, NetlinkBytes value)>& take);

// An address of 4 or 16 bytes; unset: there are fewer.
std::optional<IpAddress> AddressOf(uint8_t family, NetlinkBytes bytes);
// Its 4 (AF_INET) or 16 bytes.
std::vector<std::byte> BytesOfAddress(const IpAddress& ip);

// The body of a question: a fixed header (or none), and attributes.
class NetlinkBody {
 public:
  NetlinkBody() = default;
  template <typename Header>
  explicit NetlinkBody(const Header& header) {
    Append(BytesOf(header));
  }
  void Put(uint16_t type, NetlinkBytes value);
  // Attributes that follow are inside of it, until End().
  size_t Begin(uint16_t type);
  void End(size_t begun);
  NetlinkBytes bytes() const { return bytes_; }

 private:
  void Append(NetlinkBytes value);
  std::vector<std::byte> bytes_;
};

// A socket to one part of the kernel (netlink(7)), in the network namespace that it was opened in.
// Thread-compatible.
class Netlink {
 public:
  static absl::StatusOr<Netlink> Open(int protocol);

  // Sends a question, and calls `take(type, body)` with each message of the answer.
  // NotFound: there is no such thing.  DataLoss: the answer is not whole, but what was taken is
  // true.  Unavailable: no answer, or a refusal.  Waits at most five seconds for each part.
  absl::Status Ask(uint16_t type, uint16_t flags, NetlinkBytes body,
                   const std::function<void(uint16_t type, NetlinkBytes body)>& take);

 private:
  explicit Netlink(UniqueFd descriptor) : descriptor_(std::move(descriptor)) {}
  absl::Status Send(uint16_t type, uint16_t flags, NetlinkBytes body);
  absl::StatusOr<NetlinkBytes> ReceiveBlock(std::vector<std::byte>& buffer) const;

  UniqueFd descriptor_;
  uint32_t sequence_ = 0;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_NETLINK_H_
