// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "traceback/tracing/agent/options.h"

namespace cairn::tracing {
namespace {

struct Range {
  uint32_t first = 0;
  uint32_t last = 0;
  bool Contains(uint32_t port) const { return port >= first && port <= last; }
};

// Takes a number off the front of `text`.
std::optional<uint32_t> TakeNumber(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

// "32768	60999".
std::optional<Range> ParseLocalPorts(std::string_view text) {
  const std::optional<uint32_t> first = TakeNumber(text);
  const std::optional<uint32_t> last = TakeNumber(text);
  if (!first.has_value() || !last.has_value()) return std::nullopt;
  return Range{.first = *first, .last = *last};
}

// "8080,24113-24176"; what cannot be read ends it.
std::vector<Range> ParseReservedPorts(std::string_view text) {
  std::vector<Range> ranges;
  while (const std::optional<uint32_t> first = TakeNumber(text)) {
    Range range = {.first = *first, .last = *first};
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      range.last = TakeNumber(text).value_or(*first);
    }
    ranges.push_back(range);
    if (!text.starts_with(',')) break;
    text.remove_prefix(1);
  }
  return ranges;
}

bool IsReserved(const std::vector<Range>& reserved, uint32_t port) {
  for (const Range& range : reserved) {
    if (range.Contains(port)) return true;
  }
  return false;
}

// Empty: it cannot be read.
std::string KernelSetting(const std::string& name) {
  std::ifstream file("/proc/sys/net/ipv4/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string WorkPortWarning(const LinkOptions& links) {
  return WorkPortWarning(links, KernelSetting("ip_local_port_range"),
                         KernelSetting("ip_local_reserved_ports"));
}

std::string WorkPortWarning(const LinkOptions& links, std::string_view local_ports,
                            std::string_view reserved_ports) {
  const std::optional<Range> local = ParseLocalPorts(local_ports);
  if (!local.has_value() || links.addresses.empty()) return {};
  const std::vector<Range> reserved = ParseReservedPorts(reserved_ports);
  std::vector<uint32_t> open;
  const auto look = [&](uint32_t port) {
    if (local->Contains(port) && !IsReserved(reserved, port)) open.push_back(port);
  };
  look(links.port);
  if (links.hopping != PortHopping::kOff) {
    for (uint32_t port = links.first_work_port; port <= links.last_work_port; ++port) look(port);
  }
  if (open.empty()) return {};
  return fmt::format(
      "{} of the tracing ports, {} among them, lie in net.ipv4.ip_local_port_range ({}-{}): the "
      "kernel may give them to any connection, and the agent then cannot listen there; add the "
      "ports of tracing.listen to net.ipv4.ip_local_reserved_ports",
      open.size(), open.front(), local->first, local->last);
}

}  // namespace cairn::tracing
