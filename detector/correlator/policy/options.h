// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_POLICY_OPTIONS_H_
#define CAIRN_DETECTOR_CORRELATOR_POLICY_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/event.h"

namespace cairn::policy {

// What happens to an alert that an allow rule matches.
enum class Action : uint8_t {
  kSuppress,  // counted, not written
  kMark,      // written, with the rule in its `policy` field
};

// Minutes of the day, [begin, end).  An end not beyond the begin means over midnight: the range
// belongs to the day on which it begins.
struct HourRange {
  uint16_t begin_minute = 0;
  uint16_t end_minute = 24 * 60;
};

// One legitimate use.  An empty list matches everything; all conditions must hold.
struct AllowRule {
  std::string name;
  // The hosts by the parts they play: Roles in detector/correlator/policy/policy.h.
  PrefixSet upstream_hosts;
  PrefixSet stone_hosts;
  PrefixSet downstream_hosts;
  std::vector<uint16_t> upstream_ports;    // upstream's responder port
  std::vector<uint16_t> downstream_ports;  // downstream's responder port
  std::optional<PairKind> kind;
  std::vector<uint8_t> days;  // 0 Monday .. 6 Sunday
  std::vector<HourRange> hours;
  // Matches only before the moment at which the clock of its time zone shows this UTC time.
  std::optional<PacketTime> expires;
  std::string timezone;  // of days, hours and expires; empty: that of the policy
  Action action = Action::kSuppress;
  std::string owner;
  std::string reason;
};

struct Options {
  // Of the rules that name none: TimeZone in detector/correlator/policy/time_zone.h.
  std::string timezone = "UTC";
  std::vector<AllowRule> allow;
};

}  // namespace cairn::policy

#endif  // CAIRN_DETECTOR_CORRELATOR_POLICY_OPTIONS_H_
