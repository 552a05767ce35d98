// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_TEXT_PARTS_H_
#define CAIRN_OUTPUT_SESSIONS_TEXT_PARTS_H_

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "base/time.h"

// The parts of a record as text, written to `out` and read back; each Put returns the end of what
// it wrote.  Nothing is allocated: a record has fifty parts.
namespace cairn::output {

// The most that any Put writes.
inline constexpr size_t kLongestPart = 48;

template <typename Number>
char* PutNumber(char* out, Number number) {
  // Most columns of most records hold one digit.
  if (number >= 0 && number < 10) {
    *out = static_cast<char>('0' + number);
    return out + 1;
  }
  return std::to_chars(out, out + kLongestPart, number).ptr;
}

char* PutAddress(char* out, const IpAddress& ip);
// A number from 0 to 1 with at most four decimals; what is outside counts as the nearer end.
char* PutShare(char* out, double share);
// The number that PutShare writes.
double RoundedShare(double share);

// TCP flags as six letters, "UAPRSF", each '_' when it is not set.
inline constexpr size_t kFlagLetters = 6;
char* PutFlags(char* out, uint8_t flags);
std::optional<uint8_t> ParseFlags(std::string_view text);

// "1700000000.123456"; what is below a microsecond is cut off.  Requires: decimals <= 9.
char* PutSeconds(char* out, int64_t nanoseconds);
// Reads that form, with up to nine decimals; further ones are passed over.  What it returns is
// usable as a time (see below).
std::optional<int64_t> ParseSeconds(std::string_view text);

// A time as two words, seconds and microseconds, rounded down, before 1970, too.
char* PutTwoWords(char* out, PacketTime time);
// Unset: they are not of that form, or not usable as a time.
std::optional<PacketTime> ParseTwoWords(std::string_view seconds, std::string_view microseconds);

// Whether a time that was read can be reckoned with: differences of such times do not overflow.
constexpr bool IsUsable(PacketTime time) {
  return time >= PacketTime::InfinitePast() && time <= PacketTime::InfiniteFuture();
}

// Writes times as Rfc3339() does, remembering the last day.  Thread-compatible.
class TimeWriter {
 public:
  char* Put(char* out, PacketTime time);

 private:
  int64_t day_ = INT64_MIN;
  std::array<char, 11> date_{};  // "2026-11-21T"
};

std::optional<IpAddress> ParseAddress(std::string_view text);

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_TEXT_PARTS_H_
