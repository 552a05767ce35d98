// SPDX-License-Identifier: BSD-3-Clause
#include "base/time_text.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "fmt/format.h"

namespace cairn {
namespace {

struct CivilTime {
  int year;
  unsigned month;
  unsigned day;
  int64_t hour;
  int64_t minute;
  int64_t second;
  int64_t nanosecond;
};

CivilTime ToCivil(PacketTime time) {
  using std::chrono::days;
  using std::chrono::nanoseconds;
  const std::chrono::sys_time<nanoseconds> moment{nanoseconds(time.ToNanoseconds())};
  const auto day = std::chrono::floor<days>(moment);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{moment - day};
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .hour = clock.hours().count(),
          .minute = clock.minutes().count(),
          .second = clock.seconds().count(),
          .nanosecond = clock.subseconds().count()};
}

// Whole years that 64 bits of nanoseconds hold.
constexpr int kFirstYear = 1678;
constexpr int kLastYear = 2261;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Requires: digits.
int64_t NumberAt(std::string_view text, size_t from, size_t length) {
  int64_t number = 0;
  for (const char c : text.substr(from, length)) number = number * 10 + (c - '0');
  return number;
}

// ".25" and the like; nothing is 0.
std::optional<int64_t> NanosecondsOf(std::string_view fraction) {
  constexpr size_t kDecimals = 9;
  if (fraction.empty()) return 0;
  if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > kDecimals + 1 ||
      !std::all_of(fraction.begin() + 1, fraction.end(), IsDigit)) {
    return std::nullopt;
  }
  int64_t number = NumberAt(fraction, 1, fraction.size());
  for (size_t i = fraction.size(); i <= kDecimals; ++i) number *= 10;
  return number;
}

}  // namespace

std::string Rfc3339(PacketTime time) {
  const CivilTime t = ToCivil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", t.year, t.month, t.day, t.hour,
                     t.minute, t.second, t.nanosecond);
}

std::optional<PacketTime> ParseRfc3339(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() <= kForm.size() || text.back() != 'Z') return std::nullopt;
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !IsDigit(text[i]) : text[i] != kForm[i]) return std::nullopt;
  }
  const std::optional<int64_t> fraction =
      NanosecondsOf(text.substr(kForm.size(), text.size() - kForm.size() - 1));
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(NumberAt(text, 0, 4))),
      std::chrono::month(static_cast<unsigned>(NumberAt(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(NumberAt(text, 8, 2)))};
  const int64_t hour = NumberAt(text, 11, 2);
  const int64_t minute = NumberAt(text, 14, 2);
  const int64_t second = NumberAt(text, 17, 2);
  const int year = static_cast<int>(date.year());
  if (!fraction.has_value() || !date.ok() || hour > 23 || minute > 59 || second > 59 ||
      year < kFirstYear || year > kLastYear) {
    return std::nullopt;
  }
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
  return PacketTime::FromNanoseconds(seconds * 1'000'000'000 + *fraction);
}

std::string DateText(PacketTime time) {
  const CivilTime t = ToCivil(time);
  return fmt::format("{:04}-{:02}-{:02}", t.year, t.month, t.day);
}

std::string ClockText(PacketTime time) {
  const CivilTime t = ToCivil(time);
  return fmt::format("{:02}:{:02}:{:02}", t.hour, t.minute, t.second);
}

std::string DurationText(PacketDelta length) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  const int64_t s = length < PacketDelta::Zero() ? 0 : length.ToSeconds();
  if (s < kMinute) return fmt::format("{} s", s);
  if (s < kHour) return fmt::format("{} min {} s", s / kMinute, s % kMinute);
  if (s < kDay) return fmt::format("{} h {} min", s / kHour, s % kHour / kMinute);
  return fmt::format("{} d {} h", s / kDay, s % kDay / kHour);
}

}  // namespace cairn
