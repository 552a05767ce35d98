// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_QUANTITY_H_
#define CAIRN_CONFIG_KEYS_QUANTITY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/time.h"

// Quantities as people write them.  Exact: integer arithmetic throughout; what no whole number of
// the smallest unit can hold is refused, never rounded.  Every InvalidArgument says what is wrong
// with the text; the caller adds what was expected.  Each Format function prints what its Parse
// function reads back to the same value.
namespace cairn::config {

// "300us", "80ms", "0.5s", "5min" (or "5m"), "2h", "1d".  A bare number is refused, but for 0.
absl::StatusOr<PacketDelta> ParseDuration(std::string_view text);
std::string FormatDuration(PacketDelta duration);

// Bytes: "96", "64kB" (1000s), "256MiB" (1024s).
absl::StatusOr<uint64_t> ParseSize(std::string_view text);
std::string FormatSize(uint64_t bytes);

// "64", "200k", "1M".
absl::StatusOr<uint64_t> ParseCount(std::string_view text);

// A finite decimal number: "0.3".
absl::StatusOr<double> ParseDecimal(std::string_view text);
std::string FormatDecimal(double value);

// "2027-01-31" as the moment, in UTC, at which that day begins.  Years 1970 to 2200.
absl::StatusOr<PacketTime> ParseDate(std::string_view text);
// The date of the UTC day that holds `time`.
std::string FormatDate(PacketTime time);

// "08:30" as minutes of the day, 0 to 1440 ("24:00").
absl::StatusOr<uint16_t> ParseTimeOfDay(std::string_view text);
std::string FormatTimeOfDay(uint16_t minutes);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_QUANTITY_H_
