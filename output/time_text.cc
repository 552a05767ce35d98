// SPDX-License-Identifier: BSD-3-Clause
#include "output/time_text.h"

#include <chrono>
#include <cstdint>

#include "fmt/format.h"

namespace cairn::output {
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

}  // namespace

std::string Rfc3339(PacketTime time) {
  const CivilTime t = ToCivil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", t.year, t.month, t.day, t.hour,
                     t.minute, t.second, t.nanosecond);
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

}  // namespace cairn::output
