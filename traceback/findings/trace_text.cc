// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/findings/trace_text.h"

#include <algorithm>
#include <string_view>

#include "fmt/format.h"

#include "base/printable.h"

namespace cairn {
namespace {

std::string HostText(const std::string& name, const IpAddress& ip) {
  return name.empty() ? ip.ToString() : fmt::format("{} ({})", Printable(name), ip.ToString());
}

// Whom a host logged in says more than as whom they work.
std::string UserText(const TraceStep& step) {
  std::string user = Printable(step.user);
  if (step.login.empty() || step.login == step.user) return user;
  return fmt::format("{} (logged in as {})", user, Printable(step.login));
}

std::string FoundText(const TraceHop& hop) {
  if (hop.finding == "upstream") {
    if (!hop.driven_by.has_value()) return "comes from nowhere";
    std::string text = fmt::format("comes from {}", hop.driven_by->remote.ToString());
    if (!hop.sure && hop.one_of > 1) {
      return text + fmt::format(", one of {} that it may be", hop.one_of);
    }
    return hop.sure ? text : text + ", which is not sure";
  }
  if (hop.finding == "console") {
    return hop.sure ? "begins at a terminal" : "begins at a terminal, which is not sure";
  }
  if (hop.finding == "process") return "begins in a process that no session drives";
  if (hop.finding == "no_such_connection") return "there is no such connection (any more)";
  if (hop.finding == "failed") return "the host could not look";
  return "the host could not tell where it comes from";
}

std::string Hops(uint32_t count) { return fmt::format("{} hop{}", count, count == 1 ? "" : "s"); }

// Who would know more, where the chain goes on.
std::string Beyond(const TraceDone& done) {
  return done.beyond.has_value() ? done.beyond->local.ip.ToString() : "the next host";
}

std::string EndText(const TraceDone& done) {
  if (done.end == "console") return "to a user at a terminal";
  if (done.end == "process") return "to a process that no session drives";
  if (done.end == "outside") return fmt::format("it comes from outside, from {}", Beyond(done));
  if (done.end == "no_agent")
    return fmt::format("it comes from {}, which has no agent", Beyond(done));
  if (done.end == "silent")
    return fmt::format("it comes from {}, which does not answer", Beyond(done));
  if (done.end == "refused")
    return fmt::format("it comes from {}, which does not say", Beyond(done));
  if (done.end == "unproven") {
    return fmt::format("it comes from {}, whose answer could not be verified", Beyond(done));
  }
  if (done.end == "closed") return "the connection is not there (any more)";
  if (done.end == "loop") return "it leads back into itself";
  if (done.end == "hops") return "longer than the limit of hops";
  if (done.end == "time") return "then time was up";
  return "the last host could not tell where it comes from";
}

std::string LastText(const TraceDone& done) {
  std::string name = done.last_name.empty() && done.last_host.has_value()
                         ? done.last_host->ToString()
                         : Printable(done.last_name);
  if (done.last_user.empty()) return name;
  return fmt::format("{} on {}", Printable(done.last_user), name);
}

}  // namespace

std::string PathText(const HostConnection& connection) {
  return fmt::format("{} -> {}", connection.local.ToString(), connection.remote.ToString());
}

std::string HopText(const TraceHop& hop) {
  std::string text;
  if (hop.number > 0) text = fmt::format("hop {}, ", hop.number);
  text += HostText(hop.name, hop.about.local.ip);
  if (!hop.steps.empty()) {
    const TraceStep& owner = hop.steps.front();
    text += fmt::format(": {}", UserText(owner));
    if (!owner.program.empty()) text += fmt::format(" by {}", Printable(owner.program));
    if (!owner.terminal.empty()) text += fmt::format(" on {}", Printable(owner.terminal));
  }
  text += fmt::format("; {}", FoundText(hop));
  if (hop.verified) return text;
  const std::string teller = hop.told_by.has_value() ? hop.told_by->ToString() : "somebody";
  return fmt::format("{} claims: {}; not believed: {}", teller, text, Printable(hop.why));
}

std::string DoneText(const TraceDone& done) {
  std::string detail = done.detail.empty() ? "" : fmt::format(" [{}]", Printable(done.detail));
  if (done.end.empty())
    return fmt::format("nothing is known ({}){}", Printable(done.reason), detail);
  std::string text = fmt::format("{}, {}", Hops(done.hops), EndText(done));
  const std::string last = LastText(done);
  const bool is_root = done.end == "console" || done.end == "process";
  if (!last.empty()) text += fmt::format("{}{}", is_root ? ": " : "; the first known: ", last);
  if (!done.last_terminal.empty()) text += fmt::format(" ({})", Printable(done.last_terminal));
  if (!done.sure) text += "; not every hop is sure";
  if (done.rounds_collapsed > 0) {
    text += fmt::format("; {} more in circles", Hops(done.rounds_collapsed));
  }
  if (done.claims > 0) {
    text +=
        fmt::format("; {} claim{} not believed", done.claims, done.claims == 1 ? " was" : "s were");
  }
  return text + detail;
}

std::string OriginText(const TraceDone& done) {
  if (done.end.empty()) return {};
  std::string text = (done.sure ? "" : "perhaps ") + LastText(done);
  if (done.end == "console") return text + ", at a terminal";
  if (done.end == "process") return text + ", by a process";
  if (done.beyond.has_value()) text += fmt::format(", from {}", Beyond(done));
  return text;
}

}  // namespace cairn
