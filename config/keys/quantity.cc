// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "fmt/format.h"

#include "config/keys/place.h"

namespace cairn::config {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first, as the Format functions try them.
constexpr std::array<Unit, 7> kDurationUnits = {{{"d", 86'400'000'000'000},
                                                 {"h", 3'600'000'000'000},
                                                 {"min", 60'000'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"ms", 1'000'000},
                                                 {"us", 1'000},
                                                 {"ns", 1}}};
constexpr std::array<Unit, 8> kSizeUnits = {{{"GiB", 1ULL << 30},
                                             {"GB", 1'000'000'000},
                                             {"MiB", 1ULL << 20},
                                             {"MB", 1'000'000},
                                             {"KiB", 1ULL << 10},
                                             {"kB", 1'000},
                                             {"B", 1},
                                             {"", 1}}};
constexpr std::array<Unit, 3> kCountUnits = {{{"M", 1'000'000}, {"k", 1'000}, {"", 1}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t CountDigits(std::string_view text) {
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin());
}

// All of `text` as a number.
std::optional<uint64_t> ParseDigits(std::string_view text) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// "12.50ms": whole 12, fraction 5 (trailing zeros gone), unit "ms".
struct Quantity {
  std::string_view whole;
  std::string_view fraction;
  std::string_view unit;
};

absl::StatusOr<Quantity> SplitQuantity(std::string_view text) {
  Quantity quantity;
  quantity.whole = text.substr(0, CountDigits(text));
  std::string_view rest = text.substr(quantity.whole.size());
  if (quantity.whole.empty()) {
    return absl::InvalidArgumentError(
        text.starts_with('-') ? fmt::format("{} is negative", Quoted(text))
                              : fmt::format("{} does not begin with a number", Quoted(text)));
  }
  if (rest.starts_with('.')) {
    quantity.fraction = rest.substr(1, CountDigits(rest.substr(1)));
    if (quantity.fraction.empty()) {
      return absl::InvalidArgumentError(
          fmt::format("{} has no digit after the point", Quoted(text)));
    }
    rest.remove_prefix(1 + quantity.fraction.size());
    while (quantity.fraction.ends_with('0')) quantity.fraction.remove_suffix(1);
  }
  const size_t blanks = std::min(rest.find_first_not_of(' '), rest.size());
  quantity.unit = rest.substr(blanks);
  return quantity;
}

absl::Status TooLarge(std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("{} is too large", Quoted(text)));
}

// (whole + fraction) * factor, exactly.
absl::StatusOr<uint64_t> Multiply(const Quantity& quantity, uint64_t factor,
                                  std::string_view text) {
  constexpr size_t kMaxFractionDigits = 18;  // then fraction * factor stays far below 2^128
  const std::optional<uint64_t> whole = ParseDigits(quantity.whole);
  if (!whole.has_value()) return TooLarge(text);
  uint64_t fraction = 0;
  uint64_t scale = 1;
  for (const char digit : quantity.fraction.substr(0, kMaxFractionDigits)) {
    fraction = fraction * 10 + static_cast<uint64_t>(digit - '0');
    scale *= 10;
  }
  const absl::uint128 part = absl::uint128(fraction) * factor;
  if (quantity.fraction.size() > kMaxFractionDigits || part % scale != 0) {
    return absl::InvalidArgumentError(
        fmt::format("{} is finer than the smallest unit", Quoted(text)));
  }
  const absl::uint128 value = absl::uint128(*whole) * factor + part / scale;
  if (value > std::numeric_limits<uint64_t>::max()) return TooLarge(text);
  return static_cast<uint64_t>(value);
}

std::string NamesOf(std::span<const Unit> units) {
  std::string names;
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    if (unit->name.empty()) continue;
    if (!names.empty()) names += ", ";
    names += unit->name;
  }
  return names;
}

absl::StatusOr<uint64_t> ParseWithUnits(std::string_view text, std::span<const Unit> units) {
  const absl::StatusOr<Quantity> quantity = SplitQuantity(text);
  if (!quantity.ok()) return quantity.status();
  // "5m", as sleep(1) and others take it.
  const std::string_view name = quantity->unit == "m" ? "min" : quantity->unit;
  const auto* unit = std::find_if(units.data(), units.data() + units.size(),
                                  [&](const Unit& u) { return u.name == name; });
  if (unit != units.data() + units.size()) return Multiply(*quantity, unit->factor, text);
  if (quantity->unit.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{} has no unit: write one of {}", Quoted(text), NamesOf(units)));
  }
  return absl::InvalidArgumentError(fmt::format("{} has the unknown unit {}: write one of {}",
                                                Quoted(text), Quoted(quantity->unit),
                                                NamesOf(units)));
}

}  // namespace

absl::StatusOr<PacketDelta> ParseDuration(std::string_view text) {
  if (text == "0") return PacketDelta::Zero();
  const absl::StatusOr<uint64_t> ns = ParseWithUnits(text, kDurationUnits);
  if (!ns.ok()) return ns.status();
  if (*ns > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return TooLarge(text);
  return PacketDelta::FromNanoseconds(static_cast<int64_t>(*ns));
}

std::string FormatDuration(PacketDelta duration) {
  const auto ns = static_cast<uint64_t>(duration.ToNanoseconds());
  if (ns == 0) return "0s";
  const auto* unit = std::find_if(kDurationUnits.begin(), kDurationUnits.end(),
                                  [&](const Unit& u) { return ns % u.factor == 0; });
  return fmt::format("{}{}", ns / unit->factor, unit->name);
}

absl::StatusOr<uint64_t> ParseSize(std::string_view text) {
  return ParseWithUnits(text, kSizeUnits);
}

std::string FormatSize(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{}", bytes);
  const auto* unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(),
                                  [&](const Unit& u) { return bytes % u.factor == 0; });
  return unit->factor == 1 ? fmt::format("{}", bytes)
                           : fmt::format("{}{}", bytes / unit->factor, unit->name);
}

absl::StatusOr<uint64_t> ParseCount(std::string_view text) {
  return ParseWithUnits(text, kCountUnits);
}

absl::StatusOr<double> ParseDecimal(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || !(IsDigit(text.front()) || text.front() == '-') || !std::isfinite(value) ||
      error != std::errc() || stop != end) {
    return absl::InvalidArgumentError(fmt::format("{} is not a decimal number", Quoted(text)));
  }
  return value;
}

std::string FormatDecimal(double value) { return fmt::format("{}", value); }

absl::StatusOr<PacketTime> ParseDate(std::string_view text) {
  const auto part = [&](size_t at, size_t digits) { return ParseDigits(text.substr(at, digits)); };
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    const std::optional<uint64_t> year = part(0, 4);
    const std::optional<uint64_t> month = part(5, 2);
    const std::optional<uint64_t> day = part(8, 2);
    if (year.has_value() && month.has_value() && day.has_value()) {
      const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                             std::chrono::month(static_cast<unsigned>(*month)),
                                             std::chrono::day(static_cast<unsigned>(*day))};
      if (date.ok() && *year >= 1970 && *year <= 2200) {
        const std::chrono::nanoseconds since_epoch = std::chrono::sys_days(date).time_since_epoch();
        return PacketTime::FromNanoseconds(since_epoch.count());
      }
      return absl::InvalidArgumentError(
          fmt::format("{} is not a day of the years 1970 to 2200", Quoted(text)));
    }
  }
  return absl::InvalidArgumentError(
      fmt::format("{} is not a date of the form YYYY-MM-DD", Quoted(text)));
}

std::string FormatDate(PacketTime time) {
  const std::chrono::sys_time<std::chrono::nanoseconds> moment{
      std::chrono::nanoseconds(time.ToNanoseconds())};
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(moment)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

absl::StatusOr<uint16_t> ParseTimeOfDay(std::string_view text) {
  if (text.size() == 5 && text[2] == ':') {
    const std::optional<uint64_t> hours = ParseDigits(text.substr(0, 2));
    const std::optional<uint64_t> minutes = ParseDigits(text.substr(3, 2));
    if (hours.has_value() && minutes.has_value() && *minutes < 60) {
      const uint64_t total = *hours * 60 + *minutes;
      if (total <= 24 * 60) return static_cast<uint16_t>(total);
    }
  }
  return absl::InvalidArgumentError(
      fmt::format("{} is not a time of day from 00:00 to 24:00", Quoted(text)));
}

std::string FormatTimeOfDay(uint16_t minutes) {
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

}  // namespace cairn::config
