// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/port_values.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/status.h"

#include "config/keys/quantity.h"

namespace cairn::config {
namespace {

constexpr uint16_t kLast = std::numeric_limits<uint16_t>::max();

absl::StatusOr<uint16_t> ParsePort(std::string_view text, uint16_t least) {
  const absl::StatusOr<uint64_t> port = ParseCount(text);
  if (!port.ok()) return port.status();
  if (*port < least) {
    return absl::InvalidArgumentError(fmt::format("{} is less than {}", Quoted(text), least));
  }
  if (*port > kLast) {
    return absl::InvalidArgumentError(fmt::format("{} is more than {}", Quoted(text), kLast));
  }
  return static_cast<uint16_t>(*port);
}

std::string Format(const PortRange& range) {
  return range.first == range.last ? fmt::format("{}", range.first)
                                   : fmt::format("{}-{}", range.first, range.last);
}

// However often a port is in `ranges`, it costs one step.
std::vector<uint16_t> PortsOf(std::vector<PortRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const PortRange& a, const PortRange& b) { return a.first < b.first; });
  std::vector<uint16_t> ports;
  uint32_t next = 0;
  for (const PortRange& range : ranges) {
    for (next = std::max<uint32_t>(next, range.first); next <= range.last; ++next) {
      ports.push_back(static_cast<uint16_t>(next));
    }
  }
  return ports;
}

std::vector<PortRange> RangesOf(std::vector<uint16_t> ports) {
  std::sort(ports.begin(), ports.end());
  std::vector<PortRange> ranges;
  for (const uint16_t port : ports) {
    if (!ranges.empty() && port <= ranges.back().last + 1) {
      ranges.back().last = port;
    } else {
      ranges.push_back({.first = port, .last = port});
    }
  }
  return ranges;
}

}  // namespace

absl::StatusOr<PortRange> ParsePortRange(std::string_view text, uint16_t least) {
  const size_t dash = text.find('-');
  const absl::StatusOr<uint16_t> first = ParsePort(text.substr(0, dash), least);
  if (!first.ok()) return first.status();
  if (dash == std::string_view::npos) return PortRange{.first = *first, .last = *first};
  const absl::StatusOr<uint16_t> last = ParsePort(text.substr(dash + 1), least);
  if (!last.ok()) return last.status();
  if (*last < *first) {
    return absl::InvalidArgumentError(
        fmt::format("{} is empty: write the lower port first", Quoted(text)));
  }
  return PortRange{.first = *first, .last = *last};
}

ValueType<PortRange> PortRangeFrom(uint16_t least, uint32_t most, std::string example) {
  return Scalar<PortRange>(
      fmt::format("a range of at most {} ports from {} to {}", most, least, kLast),
      std::move(example),
      [least, most](std::string_view text) -> absl::StatusOr<PortRange> {
        const absl::StatusOr<PortRange> range = ParsePortRange(text, least);
        if (!range.ok()) return range.status();
        if (const uint32_t ports = uint32_t{range->last} - range->first + 1; ports > most) {
          return absl::InvalidArgumentError(
              fmt::format("{} has {} ports, more than {}", Quoted(text), ports, most));
        }
        return *range;
      },
      Format);
}

ValueType<std::vector<uint16_t>> PortsAndRanges(std::string example, EmptyList empty) {
  const ValueType<PortRange> one = Scalar<PortRange>(
      fmt::format("a port from 1 to {}, or a range of them", kLast), "6660-6669",
      [](std::string_view text) { return ParsePortRange(text, 1); }, Format);
  return Converted<std::vector<uint16_t>, std::vector<PortRange>>(
      ListOf(one, "ports", std::move(example), empty), PortsOf, RangesOf);
}

}  // namespace cairn::config
