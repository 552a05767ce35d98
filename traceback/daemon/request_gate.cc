// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/request_gate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "traceback/daemon/asker_rights.h"

namespace cairn::daemon {
namespace {

constexpr uint32_t kNotedShare = 10;  // as the front has it
constexpr uint32_t kSlack = 10;       // the front counts with a clock of its own

Limits WithRate(Limits limits, uint32_t requests_per_minute) {
  limits.max_requests_per_asker_minute = std::max(requests_per_minute, 1U);
  return limits;
}

}  // namespace

RequestGate::RequestGate(const Options& options, Proof proof)
    : trusted_(options.askers.trusted),
      proof_(std::move(proof)),
      rates_(WithRate(options.limits, options.limits.max_requests_per_asker_minute + kSlack)),
      all_rates_(WithRate(options.limits, options.limits.max_requests_per_minute)),
      other_rates_(WithRate(options.limits, options.limits.max_requests_per_minute / 4 * 3)),
      noted_rates_(WithRate(options.limits,
                            options.limits.max_noted_refusals_per_minute / kNotedShare + kSlack)),
      all_noted_rates_(
          WithRate(options.limits, options.limits.max_noted_refusals_per_minute + kSlack)) {}

RequestGate::Verdict RequestGate::Judge(const LookUp& look_up, Clock::time_point now) {
  const IpAddress& asker = look_up.asker.ip;
  // Who names no address asks about a connection to the own one.
  if (!look_up.names_address && look_up.remote.ip != asker) return Verdict::kUnproven;
  if (!proof_(look_up.asker, look_up.local.ip)) return Verdict::kUnproven;
  if (look_up.refusal != Refusal::kNone) {
    return MayNote(asker, now) ? Verdict::kNote : Verdict::kUnnoted;
  }
  if (!MayAsk(trusted_, asker, look_up.type, look_up.names_address)) return Verdict::kNotAllowed;
  return IsWithinRates(asker, now) ? Verdict::kPass : Verdict::kLimited;
}

bool RequestGate::MayNote(const IpAddress& asker, Clock::time_point now) {
  return noted_rates_.Allow(asker, now) && all_noted_rates_.Allow(IpAddress(), now);
}

bool RequestGate::IsWithinRates(const IpAddress& asker, Clock::time_point now) {
  if (!rates_.Allow(asker, now)) return false;
  if (!trusted_.empty() && !IsTrusted(trusted_, asker) && !other_rates_.Allow(IpAddress(), now)) {
    return false;
  }
  return all_rates_.Allow(IpAddress(), now);
}

std::string_view VerdictText(RequestGate::Verdict verdict) {
  constexpr auto kTexts = std::to_array<std::string_view>(
      {"", "", "", "nobody such is connected, so that nobody waits for an answer",
       "more requests than limits.max_requests_per_minute, or than one requester may make",
       "the requester is not in askers.trusted"});
  return kTexts[static_cast<size_t>(verdict)];
}

}  // namespace cairn::daemon
