// SPDX-License-Identifier: BSD-3-Clause
#include "detector/state_basis.h"

#include <algorithm>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace cairn {
namespace {

std::string ValueText(bool value) { return value ? "true" : "false"; }
std::string ValueText(double value) { return fmt::format("{}", value); }
std::string ValueText(uint32_t value) { return fmt::format("{}", value); }
std::string ValueText(PacketDelta value) {
  return fmt::format("{} ms", static_cast<double>(value.ToNanoseconds()) / 1e6);
}

void AddRules(StateBasis& basis, const std::string& kind, const timing::PairRules& rules) {
  const auto add = [&](const char* name, const auto& value) {
    basis.emplace_back(fmt::format("timing.{}.{}", kind, name), ValueText(value));
  };
  add("enabled", rules.enabled);
  add("idle_threshold", rules.idle_threshold);
  add("coincidence_window", rules.coincidence_window);
  add("candidate_window", rules.candidate_window);
  add("period_tolerance", rules.period_tolerance);
  add("min_hits", rules.min_hits);
}

}  // namespace

StateBasis BasisOf(const DetectorOptions& options) {
  std::vector<std::string> networks;
  for (const Prefix& prefix : options.protected_networks.prefixes()) {
    networks.push_back(prefix.ToString());
  }
  std::sort(networks.begin(), networks.end());
  const timing::Options& timing = options.timing;
  StateBasis basis = {
      {"protected_networks",
       networks.empty() ? "none" : fmt::format("{}", fmt::join(networks, ","))},
      {"timing.rule", timing.rule == timing::Rule::kEvidence ? "evidence" : "thresholds"},
      {"timing.calibrate", ValueText(timing.calibrate)},
      {"timing.adapt_to_round_trips", ValueText(timing.adapt_to_round_trips)},
      {"timing.min_weaker_evidence", ValueText(timing.min_weaker_evidence)},
      {"timing.exclude_shared_host", ValueText(timing.exclude_shared_host)},
      {"timing.exclude_shared_endpoint", ValueText(timing.exclude_shared_endpoint)},
      {"slots.enabled", ValueText(options.slots.enabled)},
      {"slots.min_age", ValueText(options.slots.min_age)},
  };
  AddRules(basis, "direct", timing.direct);
  AddRules(basis, "indirect", timing.indirect);
  return basis;
}

absl::Status CheckBasis(const StateBasis& of_state, const StateBasis& now) {
  for (const auto& setting : now) {
    const auto saved = std::find_if(of_state.begin(), of_state.end(), [&](const auto& other) {
      return other.first == setting.first;
    });
    if (saved != of_state.end() && saved->second == setting.second) continue;
    return absl::FailedPreconditionError(fmt::format(
        "the state was gathered with {} = {}, and now it is {}; set it as it was, or remove the "
        "file to begin anew",
        setting.first, saved == of_state.end() ? "unknown" : saved->second, setting.second));
  }
  return absl::OkStatus();
}

}  // namespace cairn
