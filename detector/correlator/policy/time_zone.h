// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_POLICY_TIME_ZONE_H_
#define CAIRN_DETECTOR_CORRELATOR_POLICY_TIME_ZONE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "base/time.h"

namespace cairn::policy {

// A moment as a calendar and a clock on the wall show it.
struct DayAndMinute {
  uint8_t day = 0;      // 0 Monday .. 6 Sunday
  uint16_t minute = 0;  // of the day
};

// A time zone by its name in the tz database.  Its rules, daylight saving time among them, come
// from the tz database of the machine (package tzdata); UTC needs none.
//
// Thread-safe after construction.
class TimeZone {
 public:
  // UTC.
  TimeZone() = default;
  // "UTC" or a name such as "Europe/Berlin".  InvalidArgument says what is wrong with the name.
  static absl::StatusOr<TimeZone> Load(std::string_view name);

  DayAndMinute At(PacketTime time) const;
  // The moment at which a clock of this zone shows what a clock of UTC shows at `time`.
  PacketTime SameClock(PacketTime time) const;

 private:
  explicit TimeZone(absl::TimeZone zone) : zone_(zone) {}
  absl::TimeZone zone_ = absl::UTCTimeZone();
};

}  // namespace cairn::policy

#endif  // CAIRN_DETECTOR_CORRELATOR_POLICY_TIME_ZONE_H_
