// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/trace_events.h"

#include <string>
#include <string_view>
#include <utility>

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

HostConnection Of(const Connection& connection) {
  return {.local = connection.local, .remote = connection.remote};
}

std::optional<HostConnection> Of(const std::optional<Connection>& connection) {
  if (!connection.has_value()) return std::nullopt;
  return Of(*connection);
}

std::string NameOf(const User& user) {
  return user.name.empty() ? fmt::format("{}", user.uid) : user.name;
}

TraceStep StepOf(const Step& step) {
  return {.pid = step.pid,
          .start = step.start,
          .user = NameOf(step.user),
          .real = NameOf(step.real),
          .login = step.login.has_value() ? NameOf(*step.login) : std::string(),
          .program = step.program,
          .terminal = step.terminal,
          .how = step.how};
}

TraceHop HopOf(const Fact& fact) {
  TraceHop hop;
  hop.name = fact.host;
  hop.about = Of(fact.asked);
  hop.inbound = fact.asked_is_inbound;
  hop.finding = std::string(FindingName(fact.finding));
  hop.driven_by = Of(fact.upstream);
  hop.sure = fact.sure;
  hop.one_of = fact.one_of;
  for (const Step& step : fact.steps) hop.steps.push_back(StepOf(step));
  hop.steps_left_out = fact.steps_left_out;
  hop.gaps = fact.gaps;
  hop.looked = fact.time;
  return hop;
}

// What a trace is about, now that its name is known.
TraceAsked Named(const TraceSubject& subject, const TraceId& trace, PacketTime now) {
  TraceAsked asked = subject.asked;
  asked.told = now;
  if (trace != TraceId{}) asked.trace = TraceIdText(trace);
  return asked;
}

// Whom the owner of the connection was logged in as, or else who started it.
std::string UserOf(const Fact& fact) {
  if (fact.steps.empty()) return {};
  const Step& owner = fact.steps.front();
  return NameOf(owner.login.has_value() ? *owner.login : owner.real);
}

std::string TerminalOf(const Fact& fact) {
  for (const Step& step : fact.steps) {
    if (!step.terminal.empty()) return step.terminal;
  }
  return {};
}

// Whether it says where the session comes from; that it does not know is no guess.
bool LeadsOn(const Fact& fact) {
  return fact.finding == Finding::kUpstream || fact.finding == Finding::kConsole ||
         fact.finding == Finding::kProcess;
}

TracebackEvent EventOf(const HopFound& found, PacketTime now, TraceSubject& subject) {
  subject.last_hop = found.hop;
  subject.sure = subject.sure && (found.hop.fact.sure || !LeadsOn(found.hop.fact));
  TraceHop hop = HopOf(found.hop.fact);
  hop.asked = Named(subject, found.hop.fact.trace, now);
  hop.number = found.number;
  hop.name = found.hop.identity.name;
  return hop;
}

TracebackEvent EventOf(const HopClaimed& claim, PacketTime now, TraceSubject& subject) {
  TraceHop hop;
  if (claim.fact.has_value()) {
    hop = HopOf(*claim.fact);
  } else {
    // Nothing of it can be read, not even whom it is about.
    hop.about = subject.about;
    hop.finding = std::string(FindingName(Finding::kFailed));
  }
  hop.asked = Named(subject, claim.trace, now);
  hop.number = 0;
  hop.verified = false;
  hop.why = claim.why;
  hop.told_by = claim.teller;
  return hop;
}

TracebackEvent EventOf(const AskDone& ended, PacketTime now, TraceSubject& subject) {
  TraceDone done;
  done.asked = Named(subject, ended.trace, now);
  done.about = subject.about;
  done.end = std::string(EndName(ended.end));
  done.sure = subject.sure;
  done.detail = ended.detail;
  if (ended.met.has_value()) {
    done.detail += fmt::format("{}{} knows {} that came the same way, the last of them trace {}",
                               done.detail.empty() ? "" : "; ", ended.met_by.ToString(),
                               ended.met->chains == 1 ? std::string("a chain")
                                                      : fmt::format("{} chains", ended.met->chains),
                               TraceIdText(ended.met->trace));
  }
  done.hops = ended.hops;
  done.rounds_collapsed = ended.rounds_collapsed;
  done.claims = ended.claims;
  done.beyond = Of(ended.beyond);
  if (subject.last_hop.has_value()) {
    const CheckedFact& last = *subject.last_hop;
    done.last_name = last.identity.name;
    done.last_host = last.fact.asked.local.ip;
    done.last_user = UserOf(last.fact);
    done.last_terminal = TerminalOf(last.fact);
  }
  return done;
}

TracebackEvent EventOf(const AskFailed& failed, PacketTime now, TraceSubject& subject) {
  TraceDone done =
      NotAsked(subject, now, std::string(AskFailureName(failed.reason)), failed.detail);
  done.asked = Named(subject, failed.trace, now);
  done.claims = failed.claims;
  return done;
}

}  // namespace

TraceDone NotAsked(const TraceSubject& subject, PacketTime now, std::string reason,
                   std::string detail) {
  TraceDone done;
  done.asked = subject.asked;
  done.asked.told = now;
  done.about = subject.about;
  done.reason = std::move(reason);
  done.detail = std::move(detail);
  return done;
}

std::optional<TracebackEvent> ToTracebackEvent(const AskEvent& event, PacketTime now,
                                               TraceSubject& subject) {
  if (const auto* found = std::get_if<HopFound>(&event)) {
    return EventOf(*found, now, subject);
  }
  if (const auto* claim = std::get_if<HopClaimed>(&event)) {
    return EventOf(*claim, now, subject);
  }
  if (const auto* done = std::get_if<AskDone>(&event)) {
    return EventOf(*done, now, subject);
  }
  if (const auto* failed = std::get_if<AskFailed>(&event)) {
    return EventOf(*failed, now, subject);
  }
  return std::nullopt;
}

}  // namespace cairn::tracing
