// SPDX-License-Identifier: BSD-3-Clause
#include "detector/memory_fault.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "fmt/format.h"

namespace cairn {
namespace {

// The settings by which tables are laid out.
uint32_t ValueOf(const DetectorOptions& options, std::string_view setting) {
  if (setting == "timing.max_recent_onsets") return options.timing.max_recent_onsets;
  if (setting == "sessions.max_servers") return options.sessions.max_servers;
  if (setting == "sessions.max_host_pairs") return options.sessions.max_host_pairs;
  return options.connections.max_connections;
}

std::string SizeText(uint64_t bytes) {
  constexpr double kMebi = 1 << 20;
  constexpr double kGibi = 1 << 30;
  const auto size = static_cast<double>(bytes);
  return size >= kGibi ? fmt::format("{:.1f} GiB", size / kGibi)
                       : fmt::format("{:.1f} MiB", size / kMebi);
}

}  // namespace

absl::Status MemoryFault(const DetectorOptions& options, const NoTableMemory& fault) {
  return absl::ResourceExhaustedError(fmt::format(
      "out of memory: {}={} asked for {} more at once, which the system did not give; lower it",
      fault.setting(), ValueOf(options, fault.setting()), SizeText(fault.bytes())));
}

absl::Status MemoryFault(const DetectorOptions& options) {
  return absl::ResourceExhaustedError(fmt::format(
      "out of memory: what the settings allow is more than the system gives; lower "
      "connections.max_connections={}, timing.max_pairs={}, slots.max_connections={} or "
      "relays.max_hosts={}",
      options.connections.max_connections, options.timing.max_pairs, options.slots.max_connections,
      options.relays.max_hosts));
}

}  // namespace cairn
