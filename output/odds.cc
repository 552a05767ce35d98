// SPDX-License-Identifier: BSD-3-Clause
#include "output/odds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "fmt/format.h"

#include "detector/correlator/timing/evidence_rule.h"
#include "output/text_columns.h"

namespace cairn::output {
namespace {

constexpr double kDaysPerYear = 365.25;
constexpr double kHoursPerYear = kDaysPerYear * 24;

double AtMostTheLongest(double years) {
  return std::isfinite(years) ? std::min(years, kLongestIntervalYears) : kLongestIntervalYears;
}

// A length in this unit is told from so many years on.
struct Unit {
  std::string_view name;
  double years;  // of one
  double from;   // so many of them
};
constexpr std::array kUnits = {Unit{"year", 1, 2}, Unit{"month", 1 / 12.0, 2},
                               Unit{"day", 1 / kDaysPerYear, 2}, Unit{"hour", 1 / kHoursPerYear, 2},
                               Unit{"minute", 1 / kHoursPerYear / 60, 1}};

// Beyond 20 one digit is all that such an estimate holds.
uint64_t Rounded(double count) {
  const double unit = count < 20 ? 1 : std::pow(10, std::floor(std::log10(count)));
  return static_cast<uint64_t>(std::llround(std::round(count / unit) * unit));
}

}  // namespace

std::optional<double> FalseAlarmIntervalYears(const Evidence& evidence) {
  if (!evidence.confidence.has_value()) return std::nullopt;
  // The tests share the false alarms equally: each makes as many.
  const double per_day = evidence.confidence->false_alarms_per_day * timing::kTests;
  return AtMostTheLongest(1 / per_day / kDaysPerYear);
}

std::optional<double> FalseAlarmIntervalYears(const RelayNode& event) {
  if (event.method == "published") return std::nullopt;
  return AtMostTheLongest(std::exp(event.nats) / kHoursPerYear);
}

std::string ChanceOnceIn(double years) {
  if (years >= kLongestIntervalYears) return "by chance less than once in a million years";
  for (const Unit& unit : kUnits) {
    const double count = years / unit.years;
    if (count < unit.from) continue;
    const uint64_t shown = Rounded(count);
    return fmt::format("by chance once in {} {}{}", Grouped(shown), unit.name,
                       shown == 1 ? "" : "s");
  }
  return "by chance more than once a minute";
}

}  // namespace cairn::output
