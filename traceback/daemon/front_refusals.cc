// SPDX-License-Identifier: BSD-3-Clause
// Which requests are not processed, and what they get instead.
#include <string>
#include <string_view>

#include "fmt/format.h"

#include "traceback/daemon/asker_rights.h"
#include "traceback/daemon/front.h"
#include "traceback/daemon/reply_rules.h"

namespace cairn::daemon {

Refusal Front::RefusalOf(const Asker& asker, const absl::Status& request, const LookUp& look_up) {
  const std::string who = asker.peer().ToString();
  if (!IsWithinRate(asker)) return Refusal::kRate;
  if (!request.ok()) {
    ++counters_.faulty;
    Complain(Complaint::kFaulty, Level::kInfo, asker.peer().ip,
             fmt::format("an invalid request of {}: {}", who, std::string(request.message())));
    return Refusal::kFaulty;
  }
  if (!MayAsk(options_.askers.trusted, asker.peer().ip, look_up.type, look_up.names_address)) {
    ++counters_.not_allowed;
    Complain(Complaint::kNotAllowed, Level::kWarning, asker.peer().ip,
             fmt::format("did not process a request of {}: it is not in askers.trusted, and may "
                         "only ask by plain ident",
                         who));
    return Refusal::kNotAllowed;
  }
  return Refusal::kNone;
}

bool Front::IsWithinRate(const Asker& asker) {
  const uint64_t forgotten = rates_.forgotten();
  const bool is_within = rates_.Allow(asker.peer().ip, now_);
  if (rates_.forgotten() != forgotten) {
    Complain(Complaint::kForgotten, Level::kWarning, asker.peer().ip,
             fmt::format("forgot how much another requester had asked for {}: more than {} ask "
                         "(limits.max_askers)",
                         asker.peer().ToString(), options_.limits.max_askers));
  }
  if (is_within) return true;
  ++counters_.rate_limited;
  Complain(Complaint::kRate, Level::kWarning, asker.peer().ip,
           fmt::format("did not process a request of {}: more than {} a minute",
                       asker.peer().ToString(), options_.limits.max_requests_per_asker_minute));
  return false;
}

// Whether it is a loop; what cannot be remembered is not asked on, so that it cannot become one.
void Front::Remember(const stop::Request& request, LookUp& look_up) {
  switch (cycles_.Observe(look_up.asker.ip, request, now_)) {
    case CycleGuard::Verdict::kNew:
      return;
    case CycleGuard::Verdict::kSeen:
      ++counters_.cycles;
      look_up.is_cycle = true;
      return;
    case CycleGuard::Verdict::kFull:
      ++counters_.unremembered;
      look_up.type = Saves(request.type) ? stop::RequestType::kSv : stop::RequestType::kId;
      Complain(Complaint::kUnremembered, Level::kWarning, look_up.asker.ip,
               fmt::format("does not ask on for a recursive request of {}: there is no room to "
                           "remember it (recursion.max_remembered)",
                           look_up.asker.ToString()));
      return;
  }
}

// A token is noted by the monitor, as far as limits allow, so that it can be explained when
// somebody brings it.
void Front::Refuse(const Pending& pending, std::string_view error) {
  if (GivesToken(options_.errors, pending.look_up.names_address)) {
    const Endpoint& asker = pending.look_up.asker;
    if (noted_rates_.Allow(asker.ip, now_) && all_noted_rates_.Allow(IpAddress(), now_)) {
      return Queue(pending);
    }
    ++counters_.refusals_unnoted;
    Complain(Complaint::kUnnoted, Level::kWarning, asker.ip,
             fmt::format("did not note the token of a request of {} that was not processed: there "
                         "are too many (limits.max_noted_refusals_per_minute)",
                         asker.ToString()));
  }
  ReplyUnlooked(pending, error);
}

void Front::ReplyUnlooked(const Pending& pending, std::string_view error) {
  Hold(
      {.asker = pending.look_up.id,
       .line = ErrorReplyLine(pending.ports, error, options_.errors, pending.look_up.names_address),
       .answered = std::nullopt},
      pending.came);
}

}  // namespace cairn::daemon
