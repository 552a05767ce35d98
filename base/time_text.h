// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_TIME_TEXT_H_
#define CAIRN_BASE_TIME_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

// Times as people and programs read them; always UTC, so that the output does not depend on where
// it is made.
namespace cairn {

// "2026-11-21T10:15:02.123456789Z" (RFC 3339, always nine decimals).
std::string Rfc3339(PacketTime time);
// Reads that form back, also with fewer decimals or none.  Unset: the text is no such time, or
// outside of the years of PacketTime (1678 to 2261).
std::optional<PacketTime> ParseRfc3339(std::string_view text);
// "2026-11-21" and "10:15:02".
std::string DateText(PacketTime time);
std::string ClockText(PacketTime time);
// A length of time in at most two units: "9 s", "2 min 4 s", "3 h 10 min", "2 d 4 h".  Negative
// lengths count as 0.
std::string DurationText(PacketDelta length);

}  // namespace cairn

#endif  // CAIRN_BASE_TIME_TEXT_H_
