// SPDX-License-Identifier: BSD-3-Clause
#include "config/policy_values.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"

#include "config/keys/quantity.h"
#include "detector/correlator/policy/time_zone.h"

namespace cairn::config {
namespace {

constexpr std::array<std::string_view, 7> kDayNames = {"mon", "tue", "wed", "thu",
                                                       "fri", "sat", "sun"};
constexpr uint16_t kMinutesOfDay = 24 * 60;

absl::StatusOr<uint8_t> ParseDay(std::string_view text) {
  const auto* found = std::find(kDayNames.begin(), kDayNames.end(), text);
  if (found != kDayNames.end()) return static_cast<uint8_t>(found - kDayNames.begin());
  return absl::InvalidArgumentError(fmt::format("{} is not a day of the week", Quoted(text)));
}

// "mon" or "fri-mon" as a set of days, one bit each.
absl::StatusOr<uint8_t> ParseDayRange(std::string_view text) {
  const size_t dash = text.find('-');
  const absl::StatusOr<uint8_t> first = ParseDay(text.substr(0, dash));
  if (!first.ok()) return first.status();
  const absl::StatusOr<uint8_t> last =
      dash == std::string_view::npos ? first : ParseDay(text.substr(dash + 1));
  if (!last.ok()) return last.status();
  unsigned days = 0;
  for (unsigned day = *first;; day = (day + 1) % 7) {
    days |= 1U << day;
    if (day == *last) return static_cast<uint8_t>(days);
  }
}

absl::StatusOr<policy::HourRange> ParseHourRange(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format("{} has no '-' between two times", Quoted(text)));
  }
  const absl::StatusOr<uint16_t> begin = ParseTimeOfDay(text.substr(0, dash));
  if (!begin.ok()) return begin.status();
  const absl::StatusOr<uint16_t> end = ParseTimeOfDay(text.substr(dash + 1));
  if (!end.ok()) return end.status();
  if (*begin == kMinutesOfDay || *end == 0 || *begin == *end) {
    return absl::InvalidArgumentError(
        fmt::format("{} is empty: a day begins at 00:00 and ends at 24:00", Quoted(text)));
  }
  return policy::HourRange{.begin_minute = *begin, .end_minute = *end};
}

std::optional<ClearTextPort> ReadProtocol(const Node& item, const Place& place) {
  Node port = item;  // the key, as if it were a value
  port.kind = Node::Kind::kScalar;
  port.text = item.key;
  port.mark = item.key_mark;
  const std::optional<uint16_t> number = Port().read(port, place);
  const std::optional<std::string> protocol =
      Text(1, 32, "a protocol's name", "telnet").read(item, place);
  if (!number.has_value() || !protocol.has_value()) return std::nullopt;
  return ClearTextPort{.port = *number, .protocol = *protocol};
}

}  // namespace

ValueType<std::vector<ClearTextPort>> ProtocolsByPort() {
  ValueType<std::vector<ClearTextPort>> type;
  type.shape = Shape::kMap;
  type.form = "ports, each with the name of its protocol";
  type.example = "{23: telnet, 513: rlogin}";
  type.read = [form = type.form, example = type.example](
                  const Node& node,
                  const Place& place) -> std::optional<std::vector<ClearTextPort>> {
    if (!node.IsMap()) {
      place.Fail(node.mark, fmt::format("{}; {}", KindName(node), Expected(form, example)));
      return std::nullopt;
    }
    std::vector<ClearTextPort> protocols;
    for (const Node& item : node.items) {
      const std::optional<ClearTextPort> protocol = ReadProtocol(item, place);
      if (!protocol.has_value()) continue;
      const bool repeated =
          std::any_of(protocols.begin(), protocols.end(),
                      [&](const ClearTextPort& p) { return p.port == protocol->port; });
      if (repeated)
        place.Fail(item.key_mark, fmt::format("port {} is written twice", protocol->port));
      if (!repeated) protocols.push_back(*protocol);
    }
    if (protocols.size() != node.items.size()) return std::nullopt;
    return protocols;
  };
  type.write = [](const std::vector<ClearTextPort>& protocols) {
    std::vector<std::string> items;
    for (const ClearTextPort& p : protocols)
      items.push_back(fmt::format("{}: {}", p.port, YamlScalar(p.protocol)));
    return fmt::format("{{{}}}", fmt::join(items, ", "));
  };
  return type;
}

ValueType<std::vector<uint8_t>> Days() {
  // Read as sets of days, then merged, sorted and each once.
  const auto to_days = [](const std::vector<uint8_t>& sets) {
    unsigned all = 0;
    for (const uint8_t set : sets) all |= set;
    std::vector<uint8_t> days;
    for (uint8_t day = 0; day < 7; ++day) {
      if ((all >> day & 1U) != 0) days.push_back(day);
    }
    return days;
  };
  const auto to_sets = [](const std::vector<uint8_t>& days) {
    std::vector<uint8_t> sets;
    for (const uint8_t day : days) sets.push_back(static_cast<uint8_t>(1U << day));
    return sets;
  };
  const auto write = [](const uint8_t& set) {
    const auto day = static_cast<size_t>(__builtin_ctz(set));
    return std::string(kDayNames[day]);
  };
  const ValueType<uint8_t> one_set =
      Scalar<uint8_t>("a day or range of days (mon, tue, wed, thu, fri, sat, sun)", "mon-fri",
                      ParseDayRange, write);
  return Converted<std::vector<uint8_t>, std::vector<uint8_t>>(
      ListOf(one_set, "days", "[mon-fri, sun]", EmptyList::kRefused), to_days, to_sets);
}

ValueType<policy::HourRange> Hours() {
  return Scalar<policy::HourRange>(
      "a range of hours", "\"08:00-18:00\"", ParseHourRange, [](const policy::HourRange& range) {
        return fmt::format("\"{}-{}\"", FormatTimeOfDay(range.begin_minute),
                           FormatTimeOfDay(range.end_minute));
      });
}

ValueType<std::string> TimeZoneName() {
  return Scalar<std::string>(
      "UTC or a time zone by its name", "Europe/Berlin",
      [](std::string_view text) -> absl::StatusOr<std::string> {
        const absl::StatusOr<policy::TimeZone> zone = policy::TimeZone::Load(text);
        if (!zone.ok()) return zone.status();
        return std::string(text);
      },
      [](const std::string& name) { return YamlScalar(name); });
}

ValueType<PacketTime> LastDay() {
  const PacketDelta day = PacketDelta::FromSeconds(24 * 3600);
  return Scalar<PacketTime>(
      "a date, the last day on which it holds", "2027-01-31",
      [day](std::string_view text) -> absl::StatusOr<PacketTime> {
        const absl::StatusOr<PacketTime> begin = ParseDate(text);
        if (!begin.ok()) return begin.status();
        return *begin + day;
      },
      [day](const PacketTime& end) { return FormatDate(end - day); });
}

}  // namespace cairn::config
