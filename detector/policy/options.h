// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_POLICY_OPTIONS_H_
#define CAIRN_DETECTOR_POLICY_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/address.h"
#include "capture/time.h"
#include "detector/findings/event.h"

namespace cairn::policy {

// What happens to an alert that an allow rule matches.
enum class Action : uint8_t {
  kSuppress,  // counted, not written
  kMark,      // written, with the rule in its `policy` field
};

// Minutes of the UTC day, [begin, end); end may be smaller than begin (over midnight).
struct HourRange {
  uint16_t begin_minute = 0;
  uint16_t end_minute = 24 * 60;
};

// One legitimate use.  An empty list matches everything; all conditions must hold.
struct AllowRule {
  std::string name;
  PrefixSet originator;  // upstream's originator host
  PrefixSet middle;      // the stepping stone (downstream's originator host)
  PrefixSet target;      // downstream's responder host
  std::vector<uint16_t> upstream_ports;    // upstream's responder port
  std::vector<uint16_t> downstream_ports;  // downstream's responder port
  std::optional<PairKind> kind;
  std::vector<uint8_t> days;      // 0 Monday .. 6 Sunday, UTC
  std::vector<HourRange> hours;
  std::optional<PacketTime> expires;  // matches before this moment only
  Action action = Action::kSuppress;
  std::string owner;
  std::string reason;
};

struct Options {
  std::vector<AllowRule> allow;
};

}  // namespace cairn::policy

#endif  // CAIRN_DETECTOR_POLICY_OPTIONS_H_
