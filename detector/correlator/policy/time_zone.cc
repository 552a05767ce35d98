// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/policy/time_zone.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "fmt/format.h"

namespace cairn::policy {
namespace {

constexpr size_t kMaxNameBytes = 64;

bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool IsOfNames(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '+';
}

// The library would also take paths of files and zones such as "localtime", which mean something
// else on every machine.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && IsLetter(name.front()) &&
         name != "localtime" && std::all_of(name.begin(), name.end(), IsOfNames);
}

absl::Time ToAbsl(PacketTime time) { return absl::FromUnixNanos(time.ToNanoseconds()); }

}  // namespace

absl::StatusOr<TimeZone> TimeZone::Load(std::string_view name) {
  if (name == "UTC") return TimeZone();
  if (!IsName(name)) {
    return absl::InvalidArgumentError("the text is no name of the tz database");
  }
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(std::string(name), &zone)) {
    return absl::InvalidArgumentError(fmt::format(
        "there is no time zone '{}' in the tz database of this machine (package tzdata)", name));
  }
  return TimeZone(zone);
}

DayAndMinute TimeZone::At(PacketTime time) const {
  const absl::CivilSecond shown = absl::ToCivilSecond(ToAbsl(time), zone_);
  return {.day = static_cast<uint8_t>(absl::GetWeekday(shown)),
          .minute = static_cast<uint16_t>(shown.hour() * 60 + shown.minute())};
}

PacketTime TimeZone::SameClock(PacketTime time) const {
  const absl::Time utc = ToAbsl(time);
  const absl::CivilSecond shown = absl::ToCivilSecond(utc, absl::UTCTimeZone());
  const absl::Duration fraction = utc - absl::FromCivil(shown, absl::UTCTimeZone());
  return PacketTime::FromNanoseconds(absl::ToUnixNanos(absl::FromCivil(shown, zone_) + fraction));
}

}  // namespace cairn::policy
