// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/strip.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "base/printable.h"
#include "base/time_text.h"
#include "traceback/tracing/knowledge/ways.h"

namespace cairn::tracing {
namespace {

std::string UsersText(const Fact& fact) {
  const std::optional<User> user = UserOf(fact);
  if (!user.has_value()) return {};
  std::string name = Plain(UserText(*user));
  const User& effective = fact.steps.front().user;
  if (effective == *user) return name;
  return fmt::format("{} as {}", name, Plain(UserText(effective)));
}

std::string DoubtText(const Fact& fact) {
  if (fact.one_of > 1) return fmt::format("one of {} sessions", fact.one_of);
  if (!fact.sure) return "other sessions may come that way";
  return {};
}

std::string GapsText(const Fact& fact) {
  std::string text;
  for (const std::string& gap : fact.gaps) {
    if (!text.empty()) text += ", ";
    text += Plain(gap);
  }
  return text;
}

StripHop HopOf(const SignedFact& hop) {
  const absl::StatusOr<Fact> fact = DecodeFact(hop.fact);
  if (!fact.ok()) return {.host = "?", .doubt = "its fact cannot be read"};
  StripHop strip = {.host = Plain(HostName(hop, *fact)),
                    .address = fact->asked.local.ip.ToString(),
                    .user = UsersText(*fact),
                    .doubt = DoubtText(*fact),
                    .gaps = GapsText(*fact),
                    .inbound = fact->upstream};
  if (fact->asked_is_inbound && !strip.inbound.has_value()) strip.inbound = fact->asked;
  if (!fact->steps.empty()) {
    strip.program = Plain(fact->steps.front().program, kMostText);
    strip.start = fact->steps.front().start;
  }
  const auto at_terminal =
      std::ranges::find_if(fact->steps, [](const Step& step) { return !step.terminal.empty(); });
  if (at_terminal != fact->steps.end()) strip.terminal = Plain(at_terminal->terminal);
  return strip;
}

// Whether there is a host before the one that was asked last.
bool ContinuesBeyond(End end) {
  return end != End::kConsole && end != End::kProcess && end != End::kNotKnown &&
         end != End::kClosed;
}

}  // namespace

std::string Plain(std::string_view text, size_t most) { return Printable(text, most); }

std::string MomentText(PacketTime time) {
  if (!time.IsSet()) return "?";
  return DateText(time) + " " + ClockText(time);
}

Strip StripOf(const Chain& chain) {
  Strip strip;
  for (auto hop = chain.hops.rbegin(); hop != chain.hops.rend(); ++hop) {
    strip.hops.push_back(HopOf(*hop));
  }
  if (strip.hops.empty()) {
    strip.beyond = chain.asked.remote.ip.ToString();
    strip.target = chain.asked.local.ip.ToString();
    return strip;
  }
  const std::optional<Connection>& inbound = strip.hops.front().inbound;
  if (inbound.has_value() && ContinuesBeyond(chain.end)) {
    strip.beyond = inbound->remote.ip.ToString();
  }
  const absl::StatusOr<Fact> last = DecodeFact(chain.hops.front().fact);
  if (last.ok() && !last->asked_is_inbound) strip.target = chain.asked.remote.ip.ToString();
  return strip;
}

}  // namespace cairn::tracing
