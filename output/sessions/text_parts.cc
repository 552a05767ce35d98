// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/text_parts.h"

#include <arpa/inet.h>

#include <cmath>
#include <cstring>
#include <string>

#include "absl/status/statusor.h"

#include "base/time_text.h"

namespace cairn::output {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;
constexpr double kShareSteps = 10'000;

// "00" to "99".
using Pair = std::array<char, 2>;
constexpr std::array<Pair, 100> MakePairs() {
  std::array<Pair, 100> pairs{};
  for (size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  }
  return pairs;
}
constexpr std::array<Pair, 100> kPairs = MakePairs();

// Requires: number has at most so many digits.
template <int kDigits>
char* PutDigits(char* out, uint32_t number) {
  int left = kDigits;
  for (; left >= 2; left -= 2) {
    std::memcpy(out + left - 2, kPairs[number % 100].data(), 2);
    number /= 100;
  }
  if (left == 1) out[0] = static_cast<char>('0' + number % 10);
  return out + kDigits;
}

// A byte's decimal digits, and how many.
struct ByteText {
  std::array<char, 3> digits{};
  uint8_t size = 0;
};
constexpr std::array<ByteText, 256> MakeByteTexts() {
  std::array<ByteText, 256> texts{};
  for (unsigned byte = 0; byte < texts.size(); ++byte) {
    ByteText& text = texts[byte];
    for (unsigned unit = byte < 10 ? 1 : byte < 100 ? 10 : 100; unit > 0; unit /= 10) {
      text.digits[text.size++] = static_cast<char>('0' + byte / unit % 10);
    }
  }
  return texts;
}
constexpr std::array<ByteText, 256> kByteTexts = MakeByteTexts();

constexpr std::string_view kFlagNames = "UAPRSF";

using FlagTexts = std::array<std::array<char, kFlagLetters>, 1U << kFlagLetters>;
constexpr FlagTexts MakeFlagTexts() {
  FlagTexts texts{};
  for (size_t flags = 0; flags < texts.size(); ++flags) {
    for (size_t i = 0; i < kFlagLetters; ++i) {
      texts[flags][i] = (flags >> (kFlagLetters - 1 - i) & 1) != 0 ? kFlagNames[i] : '_';
    }
  }
  return texts;
}
constexpr FlagTexts kFlagTexts = MakeFlagTexts();

int64_t ShareSteps(double share) {
  if (!(share > 0)) return 0;  // nor a NaN
  return share < 1 ? std::lround(share * kShareSteps) : static_cast<int64_t>(kShareSteps);
}

// Unset: it has no form of an IPv4 address.
std::optional<IpAddress> ParseV4(std::string_view text) {
  uint32_t address = 0;
  const char* at = text.data();
  const char* end = at + text.size();
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return std::nullopt;
    uint32_t part = 0;
    const char* begin = at;
    while (at != end && *at >= '0' && *at <= '9' && at - begin < 3) {
      part = part * 10 + static_cast<uint32_t>(*at++ - '0');
    }
    if (at == begin || part > 255 || (at - begin > 1 && *begin == '0')) return std::nullopt;
    address = address << 8 | part;
  }
  if (at != end) return std::nullopt;
  return IpAddress::FromV4(address);
}

}  // namespace

char* PutAddress(char* out, const IpAddress& ip) {
  if (ip.IsV4()) {
    const auto address = static_cast<uint32_t>(ip.low());
    for (unsigned shift = 32; shift > 0; shift -= 8) {
      const ByteText& text = kByteTexts[address >> (shift - 8) & 0xff];
      std::memcpy(out, text.digits.data(), text.digits.size());
      out += text.size;
      *out++ = '.';
    }
    return out - 1;
  }
  const std::array<uint8_t, 16> bytes = ip.ToBytes();
  inet_ntop(AF_INET6, bytes.data(), out, kLongestPart);
  return out + std::strlen(out);
}

char* PutShare(char* out, double share) {
  const int64_t steps = ShareSteps(share);
  if (steps == 0 || steps == static_cast<int64_t>(kShareSteps)) {
    *out = steps == 0 ? '0' : '1';
    return out + 1;
  }
  out[0] = '0';
  out[1] = '.';
  out = PutDigits<4>(out + 2, static_cast<uint32_t>(steps));
  while (out[-1] == '0') --out;
  return out;
}

double RoundedShare(double share) { return static_cast<double>(ShareSteps(share)) / kShareSteps; }

char* PutFlags(char* out, uint8_t flags) {
  std::memcpy(out, kFlagTexts[flags % kFlagTexts.size()].data(), kFlagLetters);
  return out + kFlagLetters;
}

std::optional<uint8_t> ParseFlags(std::string_view text) {
  if (text.size() != kFlagLetters) return std::nullopt;
  unsigned flags = 0;
  for (size_t i = 0; i < kFlagLetters; ++i) {
    if (text[i] != '_' && text[i] != kFlagNames[i]) return std::nullopt;
    flags = flags << 1 | (text[i] == '_' ? 0U : 1U);
  }
  return static_cast<uint8_t>(flags);
}

char* PutSeconds(char* out, int64_t nanoseconds) {
  const uint64_t size =
      nanoseconds < 0 ? -static_cast<uint64_t>(nanoseconds) : static_cast<uint64_t>(nanoseconds);
  if (nanoseconds < 0) *out++ = '-';
  out = PutNumber(out, size / kSecond);
  *out++ = '.';
  return PutDigits<6>(out, static_cast<uint32_t>(size % kSecond / 1000));
}

std::optional<int64_t> ParseSeconds(std::string_view text) {
  constexpr uint64_t kMostSeconds = 4'611'686'018;  // 146 years: half of what 64 bits hold
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  uint64_t seconds = 0;
  if (!ParseNumber(text.substr(0, point), seconds) || seconds > kMostSeconds) return std::nullopt;
  int64_t nanoseconds = static_cast<int64_t>(seconds) * kSecond;
  if (point != std::string_view::npos) {
    int64_t unit = kSecond / 10;
    for (const char c : text.substr(point + 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      nanoseconds += unit * (c - '0');
      unit /= 10;
    }
  }
  if (negative) nanoseconds = -nanoseconds;
  if (!IsUsable(PacketTime::FromNanoseconds(nanoseconds))) return std::nullopt;
  return nanoseconds;
}

char* PutTwoWords(char* out, PacketTime time) {
  const int64_t seconds = StretchNumber(time, PacketDelta::FromNanoseconds(kSecond));
  const int64_t rest = time.ToNanoseconds() % kSecond;
  out = PutNumber(out, seconds);
  *out++ = ' ';
  return PutNumber(out, (rest < 0 ? rest + kSecond : rest) / 1000);
}

std::optional<PacketTime> ParseTwoWords(std::string_view seconds, std::string_view microseconds) {
  uint32_t below = 0;
  const std::optional<int64_t> whole = ParseSeconds(seconds);
  if (!whole.has_value() || !ParseNumber(microseconds, below) || below >= 1'000'000 ||
      seconds.find('.') != std::string_view::npos) {
    return std::nullopt;
  }
  const PacketTime time = PacketTime::FromNanoseconds(*whole + int64_t{below} * 1000);
  if (!IsUsable(time)) return std::nullopt;
  return time;
}

char* TimeWriter::Put(char* out, PacketTime time) {
  const int64_t day = StretchNumber(time, PacketDelta::FromNanoseconds(kDay));
  if (day != day_) {
    day_ = day;
    const std::string date = DateText(time) + 'T';
    std::memcpy(date_.data(), date.data(), date_.size());
  }
  // By remainders: the day of the earliest time began before what 64 bits hold.
  int64_t left = time.ToNanoseconds() % kDay;
  if (left < 0) left += kDay;
  const auto ns = static_cast<uint32_t>(left % kSecond);
  const auto seconds = static_cast<uint32_t>(left / kSecond);
  std::memcpy(out, date_.data(), date_.size());
  out = PutDigits<2>(out + date_.size(), seconds / 3600);
  *out++ = ':';
  out = PutDigits<2>(out, seconds / 60 % 60);
  *out++ = ':';
  out = PutDigits<2>(out, seconds % 60);
  *out++ = '.';
  out = PutDigits<9>(out, ns);
  *out++ = 'Z';
  return out;
}

std::optional<IpAddress> ParseAddress(std::string_view text) {
  if (const std::optional<IpAddress> v4 = ParseV4(text); v4.has_value()) return v4;
  if (text.find(':') == std::string_view::npos) return std::nullopt;
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(text);
  if (!ip.ok()) return std::nullopt;
  return *ip;
}

}  // namespace cairn::output
