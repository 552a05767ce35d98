// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_ADDRESS_H_
#define CAIRN_BASE_ADDRESS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace cairn {

// An IPv4 or IPv6 address as two host-order words: comparing, masking and hashing are plain integer
// operations.  IPv4 addresses are kept in the words of their IPv4-mapped form (::ffff:a.b.c.d).
//
// A mapped address in an IPv6 header is different from the IPv4 address: it prints as IPv6 and has
// its own 16 bytes.  Its words are those of ::fffe:a.b.c.d, which no host may have (RFC 4291
// reserves all of ::/8); a packet that claims such an address is shown as a mapped one.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  static constexpr IpAddress FromV4(uint32_t host_order) {
    return IpAddress(0, kMappedPrefix | host_order);
  }
  static constexpr IpAddress FromWords(uint64_t high, uint64_t low) { return IpAddress(high, low); }
  // What an IPv6 header holds.
  static constexpr IpAddress FromIpv6Header(uint64_t high, uint64_t low) {
    const bool mapped = high == 0 && low >> 32 == kMappedPrefix >> 32;
    return IpAddress(high, mapped ? low - kMappedPrefix + kMappedInHeader : low);
  }
  // Requires: `bytes` points at 4 (or 16) readable bytes in network order.  A mapped address is the
  // IPv4 one, as sockets mean it.
  static IpAddress FromV4Bytes(const uint8_t* bytes);
  static IpAddress FromV6Bytes(const uint8_t* bytes);
  // "192.0.2.1" or "2001:db8::1"; "::ffff:192.0.2.1" is the mapped address, what ToString() makes
  // of it.  InvalidArgument names the text that is no address.
  static absl::StatusOr<IpAddress> Parse(std::string_view text);

  constexpr bool IsV4() const { return high_ == 0 && low_ >> 32 == kMappedPrefix >> 32; }
  // Whether it is an IPv4 address within an IPv6 one.
  constexpr bool IsMapped() const { return high_ == 0 && low_ >> 32 == kMappedInHeader >> 32; }
  // The IPv4 address if it is a mapped one, otherwise itself.
  constexpr IpAddress Unmapped() const {
    return IsMapped() ? FromV4(static_cast<uint32_t>(low_)) : *this;
  }
  constexpr uint64_t high() const { return high_; }
  constexpr uint64_t low() const { return low_; }
  std::string ToString() const;
  // The 16 bytes in network order, as an IPv6 header has them (IPv4 mapped).
  std::array<uint8_t, 16> ToBytes() const;

  constexpr auto operator<=>(const IpAddress&) const = default;
  // A key of Abseil's hash tables.
  template <typename State>
  friend State AbslHashValue(State state, const IpAddress& ip) {
    return State::combine(std::move(state), ip.high_, ip.low_);
  }

 private:
  static constexpr uint64_t kMappedPrefix = 0xffff00000000ULL;
  static constexpr uint64_t kMappedInHeader = 0xfffe00000000ULL;
  constexpr IpAddress(uint64_t high, uint64_t low) : high_(high), low_(low) {}
  uint64_t high_ = 0;
  uint64_t low_ = 0;
};

// One end of a TCP connection.
struct Endpoint {
  IpAddress ip;
  uint16_t port = 0;

  constexpr auto operator<=>(const Endpoint&) const = default;
  // A key of Abseil's hash tables.
  template <typename State>
  friend State AbslHashValue(State state, const Endpoint& end) {
    return State::combine(std::move(state), end.ip, end.port);
  }
  // "192.0.2.1:22" or "[2001:db8::1]:22".
  std::string ToString() const;
};

// A CIDR block.  Host bits below the prefix length are cleared.  An IPv4 block holds the mapped
// addresses of its hosts, too: who protects 192.0.2.0/24 means ::ffff:192.0.2.1 as well.
class Prefix {
 public:
  constexpr Prefix() = default;
  // "10.10.0.0/16", "2001:db8::/32", or a plain address (all bits).  InvalidArgument says what is
  // wrong with the text.
  static absl::StatusOr<Prefix> Parse(std::string_view text);

  constexpr bool Contains(const IpAddress& any) const {
    const IpAddress ip = any.Unmapped();
    return (ip.high() & high_mask_) == network_.high() && (ip.low() & low_mask_) == network_.low();
  }
  std::string ToString() const;
  constexpr bool operator==(const Prefix&) const = default;

 private:
  IpAddress network_;
  uint64_t high_mask_ = 0;
  uint64_t low_mask_ = 0;
  uint8_t length_ = 0;  // as written: 0..32 for IPv4, 0..128 for IPv6
};

// A list of prefixes.  Cost of Contains(): linear in the number of prefixes, which is a handful at
// a site.
class PrefixSet {
 public:
  PrefixSet() = default;
  explicit PrefixSet(std::vector<Prefix> prefixes) : prefixes_(std::move(prefixes)) {}

  void Add(Prefix prefix) { prefixes_.push_back(prefix); }
  bool empty() const { return prefixes_.empty(); }
  const std::vector<Prefix>& prefixes() const { return prefixes_; }
  bool Contains(const IpAddress& ip) const {
    for (const Prefix& prefix : prefixes_) {
      if (prefix.Contains(ip)) return true;
    }
    return false;
  }
  bool operator==(const PrefixSet&) const = default;

 private:
  std::vector<Prefix> prefixes_;
};

}  // namespace cairn

#endif  // CAIRN_BASE_ADDRESS_H_
