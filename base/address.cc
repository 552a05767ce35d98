// SPDX-License-Identifier: BSD-3-Clause
#include "base/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <optional>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace cairn {
namespace {

uint64_t LoadBigEndian64(const uint8_t* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

constexpr uint64_t LeadingOnes(unsigned bits) {
  return bits == 0 ? 0 : ~uint64_t{0} << (64 - bits);
}

std::optional<unsigned> ParsePrefixLength(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

IpAddress IpAddress::FromV4Bytes(const uint8_t* bytes) {
  return FromV4(static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
                static_cast<uint32_t>(bytes[2]) << 8 | static_cast<uint32_t>(bytes[3]));
}

IpAddress IpAddress::FromV6Bytes(const uint8_t* bytes) {
  return FromWords(LoadBigEndian64(bytes), LoadBigEndian64(bytes + 8));
}

absl::StatusOr<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return FromV4Bytes(bytes.data());
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) {
    return FromIpv6Header(LoadBigEndian64(bytes.data()), LoadBigEndian64(bytes.data() + 8));
  }
  return absl::InvalidArgumentError(fmt::format("'{}' is not an IPv4 or IPv6 address", text));
}

std::array<uint8_t, 16> IpAddress::ToBytes() const {
  std::array<uint8_t, 16> bytes{};
  const uint64_t low = IsMapped() ? low_ - kMappedInHeader + kMappedPrefix : low_;
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<uint8_t>(high_ >> (56 - 8 * i));
    bytes[8 + i] = static_cast<uint8_t>(low >> (56 - 8 * i));
  }
  return bytes;
}

std::string IpAddress::ToString() const {
  const std::array<uint8_t, 16> bytes = ToBytes();
  if (IsV4()) return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::string Endpoint::ToString() const {
  return ip.IsV4() ? fmt::format("{}:{}", ip.ToString(), port)
                   : fmt::format("[{}]:{}", ip.ToString(), port);
}

absl::StatusOr<Prefix> Prefix::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const absl::StatusOr<IpAddress> parsed = IpAddress::Parse(text.substr(0, slash));
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is not a network: write it as 192.0.2.0/24 or 2001:db8::/32", text));
  }
  const IpAddress ip = parsed->Unmapped();
  const unsigned longest = ip.IsV4() ? 32 : 128;
  unsigned length = longest;
  if (slash != std::string_view::npos) {
    const std::optional<unsigned> written = ParsePrefixLength(text.substr(slash + 1));
    if (!written.has_value() || *written > longest) {
      return absl::InvalidArgumentError(
          fmt::format("'{}': the prefix length must be a number from 0 to {}", text, longest));
    }
    length = *written;
  }
  const unsigned bits = ip.IsV4() ? length + 96 : length;  // of the mapped form
  Prefix prefix;
  prefix.high_mask_ = LeadingOnes(bits < 64 ? bits : 64);
  prefix.low_mask_ = bits > 64 ? LeadingOnes(bits - 64) : 0;
  prefix.network_ =
      IpAddress::FromWords(ip.high() & prefix.high_mask_, ip.low() & prefix.low_mask_);
  prefix.length_ = static_cast<uint8_t>(length);
  return prefix;
}

std::string Prefix::ToString() const { return fmt::format("{}/{}", network_.ToString(), length_); }

}  // namespace cairn
