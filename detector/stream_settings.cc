// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream_settings.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "fmt/format.h"

#include "base/printable.h"

namespace cairn {
namespace {

using stream::StoredSetting;

constexpr char kPresent[] = "yes";
constexpr char kAbsent[] = "no";
constexpr char kMostConnections[] = "connections.max_connections";
constexpr char kSessions[] = "sessions";
constexpr char kSeconds[] = "seconds";

std::string Milliseconds(PacketDelta delta) {
  return fmt::format("{}ms", static_cast<double>(delta.ToNanoseconds()) / 1e6);
}

// In order and once each, so that who writes them otherwise has the same.
std::string Networks(const PrefixSet& networks) {
  constexpr size_t kMostBytes = 4096;
  std::vector<std::string> names;
  for (const Prefix& prefix : networks.prefixes()) names.push_back(prefix.ToString());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text;
  uint64_t digest = 0xcbf29ce484222325;  // 64-bit FNV-1a
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ",") + name;
    for (const char letter : name + ",") {
      digest = (digest ^ static_cast<uint8_t>(letter)) * 0x100000001b3;
    }
  }
  if (text.empty()) return "none";
  if (text.size() <= kMostBytes) return text;
  return fmt::format("{} networks with the digest {:016x}", names.size(), digest);
}

bool NeedsSeconds(const DetectorOptions& options) {
  return options.relays.enabled ||
         (options.slots.enabled && options.timing.rule == timing::Rule::kEvidence);
}

std::string Text(bool value) { return value ? kPresent : kAbsent; }

std::optional<std::string> ValueOf(const std::vector<StoredSetting>& settings,
                                   std::string_view name) {
  for (const StoredSetting& setting : settings) {
    if (setting.name == name) return setting.value;
  }
  return std::nullopt;
}

}  // namespace

std::vector<StoredSetting> StreamSettings(const DetectorOptions& options) {
  const timing::Options& timing = options.timing;
  return {{"protected_networks", Networks(options.protected_networks)},
          {"timing.direct.idle_threshold", Milliseconds(timing.direct.idle_threshold)},
          {"timing.direct.period_tolerance", Milliseconds(timing.direct.period_tolerance)},
          {"timing.indirect.idle_threshold", Milliseconds(timing.indirect.idle_threshold)},
          {"timing.indirect.period_tolerance", Milliseconds(timing.indirect.period_tolerance)},
          {kMostConnections, fmt::format("{}", options.connections.max_connections)},
          {kSeconds, Text(NeedsSeconds(options))},
          {kSessions, Text(options.sessions.enabled)}};
}

absl::Status CheckStreamSettings(std::string_view name, const std::vector<StoredSetting>& stored,
                                 const DetectorOptions& options) {
  for (const auto& [setting, wanted] : StreamSettings(options)) {
    const std::optional<std::string> had = ValueOf(stored, setting);
    if (!had.has_value()) {
      return absl::FailedPreconditionError(
          fmt::format("{}: the stream does not say which {} it was written with; write it anew",
                      name, setting));
    }
    if (setting == kSessions || setting == kSeconds) {
      if (*had == kPresent || wanted == kAbsent) continue;
      return absl::FailedPreconditionError(
          setting == kSessions
              ? fmt::format("{}: the stream holds no session records; leave '--sessions' out, or "
                            "write the stream anew with it",
                            name)
              : fmt::format("{}: the stream does not tell what flows send, as slots.enabled and "
                            "relays.enabled want it; switch both off, or write the stream anew",
                            name));
    }
    if (setting == kMostConnections) {
      uint64_t most = 0;
      if (absl::SimpleAtoi(*had, &most) && most <= options.connections.max_connections) continue;
      return absl::FailedPreconditionError(fmt::format(
          "{}: the stream was written with {}={}, and this run has only {}; give it as many", name,
          setting, Printable(*had, 200), wanted));
    }
    if (*had == wanted) continue;
    return absl::FailedPreconditionError(
        fmt::format("{}: the stream was written with {}={}, and this run has {}; use the same, or "
                    "write the stream anew",
                    name, setting, Printable(*had, 200), wanted));
  }
  return absl::OkStatus();
}

}  // namespace cairn
