// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "fmt/format.h"

#include "base/time_text.h"
#include "traceback/tracing/knowledge/drawing.h"
#include "traceback/tracing/knowledge/strip.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostHostColumn = 32;
constexpr size_t kMostUserColumn = 20;

std::string HopLine(const StripHop& hop, size_t host_width, size_t user_width) {
  std::string line = fmt::format("  {:<{}}  {:<{}}", hop.host, host_width,
                                 hop.user.empty() ? "?" : hop.user, user_width);
  if (!hop.program.empty()) line += "  " + hop.program;
  if (!hop.terminal.empty()) line += ", " + hop.terminal;
  if (hop.start.IsSet()) line += ", since " + MomentText(hop.start);
  return line + "\n";
}

// How the way from the host before was found.
std::string LinkLine(const Connection& inbound, const StripHop& to) {
  std::string line =
      fmt::format("    | {} -> {}", inbound.remote.ToString(), inbound.local.ToString());
  line += to.doubt.empty() ? "" : "  (not sure: " + to.doubt + ")";
  return line + "\n";
}

}  // namespace

std::string_view EndWords(End end) {
  switch (end) {
    case End::kConsole:
      return "a user at a terminal: the origin";
    case End::kProcess:
      return "a process that no session drives: the origin";
    case End::kOutside:
      return "it continues outside of the networks whose hosts are asked";
    case End::kNoAgent:
      return "the host before has no agent";
    case End::kSilent:
      return "the agent of the host before does not answer";
    case End::kRefused:
      return "the agent of the host before would not say, or could not prove who it is";
    case End::kUnproven:
      return "the answer of the host before could not be verified";
    case End::kNotKnown:
      return "the first host could not tell where the session came from";
    case End::kClosed:
      return "the connection was not there (any more)";
    case End::kLoop:
      return "it leads back into itself: no origin can be there";
    case End::kHops:
      return "the limit of hops was reached";
    case End::kTime:
      return "the time was over";
  }
  return "?";
}

std::string MeetingText(const Meeting& meeting) {
  const std::string when =
      fmt::format("{} (trace {})", MomentText(meeting.time), TraceIdText(meeting.trace));
  switch (meeting.kind) {
    case Meeting::Kind::kSameWay:
      return "this user came the same way on " + when;
    case Meeting::Kind::kSameRoot:
      return "this user came from the same first host on " + when;
    case Meeting::Kind::kSeen:
      return "this host and user were on the way on " + when;
  }
  return {};
}

std::string ChainText(const ShownChain& shown) {
  const Chain& chain = shown.chain;
  const Strip strip = StripOf(chain);
  std::string text = fmt::format("trace {}  {}  begun by {}", TraceIdText(chain.trace),
                                 MomentText(chain.time), Plain(chain.origin_name));
  if (!chain.reason.empty()) text += fmt::format(" ({})", Plain(chain.reason));
  text += "\n";
  if (!shown.is_verified) {
    text += fmt::format("  a claim, not verified: {}\n", Plain(shown.doubt, kMostText));
  }
  text += fmt::format("  first: {}\n", EndWords(chain.end));
  size_t host_width = 0;
  size_t user_width = 0;
  for (const StripHop& hop : strip.hops) {
    host_width = std::max(host_width, std::min(hop.host.size(), kMostHostColumn));
    user_width = std::max(user_width, std::min(hop.user.size(), kMostUserColumn));
  }
  if (!strip.beyond.empty()) text += fmt::format("  {}\n", strip.beyond);
  for (const StripHop& hop : strip.hops) {
    const bool is_first = &hop == &strip.hops.front();
    if (hop.inbound.has_value() && (!is_first || !strip.beyond.empty())) {
      text += LinkLine(*hop.inbound, hop);
    }
    text += HopLine(hop, host_width, user_width);
    if (!hop.gaps.empty()) text += fmt::format("    not seen there: {}\n", hop.gaps);
  }
  if (!strip.target.empty()) {
    text += fmt::format("    | {} -> {}\n  {}\n", chain.asked.local.ToString(),
                        chain.asked.remote.ToString(), strip.target);
  }
  if (chain.hops_collapsed > 0) {
    text += fmt::format("  and {} more hops in the same circles\n", chain.hops_collapsed);
  }
  return text;
}

std::string ChainListText(const std::vector<ShownChain>& chains) {
  constexpr std::string_view kRow = "{:<32}  {:<19}  {:<8}  {:>4}  {:<9}  {}\n";
  std::string text =
      fmt::format(fmt::runtime(kRow), "TRACE", "ENDED (UTC)", "PROVEN", "HOPS", "FIRST", "WAY");
  for (const ShownChain& shown : chains) {
    const Strip strip = StripOf(shown.chain);
    std::string way = strip.beyond;
    for (const StripHop& hop : strip.hops) {
      if (!way.empty()) way += " > ";
      if (!hop.user.empty()) way += hop.user + "@";
      way += hop.host;
    }
    if (!strip.target.empty()) way += " > " + strip.target;
    text += fmt::format(fmt::runtime(kRow), TraceIdText(shown.chain.trace),
                        MomentText(shown.chain.time), shown.is_verified ? "yes" : "claim",
                        shown.chain.hops.size() + shown.chain.hops_collapsed,
                        EndName(shown.chain.end), way);
  }
  return text;
}

}  // namespace cairn::tracing
