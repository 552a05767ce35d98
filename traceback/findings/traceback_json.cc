// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/findings/traceback_json.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/time_text.h"
#include "json/event_line.h"

namespace cairn {
namespace {

using json::TextOrNull;
using json::TimeOrNull;
using Json = json::Ordered;

Json AddressOrNull(const std::optional<IpAddress>& ip) {
  return ip.has_value() ? Json(ip->ToString()) : Json();
}

Json ToJson(const HostConnection& connection) {
  return {{"local", json::Of(connection.local)}, {"remote", json::Of(connection.remote)}};
}

Json ToJson(const std::optional<HostConnection>& connection) {
  return connection.has_value() ? ToJson(*connection) : Json();
}

Json ToJson(const TraceStep& step) {
  return {{"pid", step.pid},
          {"start", TimeOrNull(step.start)},
          {"user", step.user},
          {"real_user", step.real},
          {"login_user", TextOrNull(step.login)},
          {"program", step.program},
          {"terminal", TextOrNull(step.terminal)},
          {"how", step.how}};
}

Json Head(const TraceAsked& asked, const char* name) {
  Json json = json::EventHead(asked.time, name);
  json["alert_id"] = TextOrNull(asked.alert_id);
  json["revision"] = asked.revision;
  json["chain"] = TextOrNull(asked.chain);
  json["trace"] = TextOrNull(asked.trace);
  return json;
}

Json AskedHead(const HostAsked& asked, const char* name) {
  Json json = json::EventHead(asked.time, name);
  json["alert_id"] = asked.alert_id;
  json["revision"] = asked.revision;
  json["about"] = asked.about;
  json["host"] = asked.host.ToString();
  json["request"] = asked.request;
  json["attempts"] = asked.attempts;
  json["ended"] = Rfc3339(asked.ended);
  return json;
}

}  // namespace

json::Ordered ToJson(const StopToken& event) {
  Json json = AskedHead(event.asked, "stop_token");
  json["token"] = event.token;
  return json;
}

json::Ordered ToJson(const StopFailed& event) {
  Json json = AskedHead(event.asked, "stop_failed");
  json["reason"] = event.reason;
  json["detail"] = event.detail;
  return json;
}

json::Ordered ToJson(const TraceHop& event) {
  Json json = Head(event.asked, "trace_hop");
  json["hop"] = event.number == 0 ? Json() : Json(event.number);
  json["verified"] = event.verified;
  json["why"] = TextOrNull(event.why);
  json["told_by"] = AddressOrNull(event.told_by);
  json["told"] = Rfc3339(event.asked.told);
  json["host"] = event.about.local.ip.ToString();
  json["name"] = event.name;
  json["asked"] = ToJson(event.about);
  json["inbound"] = event.inbound;
  json["finding"] = event.finding;
  json["driven_by"] = ToJson(event.driven_by);
  json["sure"] = event.sure;
  json["one_of"] = event.one_of;
  Json steps = Json::array();
  for (const TraceStep& step : event.steps) steps.push_back(ToJson(step));
  json["steps"] = std::move(steps);
  json["steps_left_out"] = event.steps_left_out;
  json["gaps"] = event.gaps;
  json["looked"] = TimeOrNull(event.looked);
  return json;
}

json::Ordered ToJson(const TraceDone& event) {
  Json json = Head(event.asked, "trace_done");
  json["host"] = event.about.local.ip.ToString();
  json["asked"] = ToJson(event.about);
  json["end"] = TextOrNull(event.end);
  json["sure"] = event.end.empty() ? Json() : Json(event.sure);
  json["reason"] = TextOrNull(event.reason);
  json["detail"] = event.detail;
  json["hop_count"] = event.hops;
  json["rounds_collapsed"] = event.rounds_collapsed;
  json["claims"] = event.claims;
  json["beyond"] = ToJson(event.beyond);
  json["last_hop"] = Json();
  if (event.last_host.has_value()) {
    json["last_hop"] = {{"host", event.last_host->ToString()},
                        {"name", event.last_name},
                        {"user", TextOrNull(event.last_user)},
                        {"terminal", TextOrNull(event.last_terminal)}};
  }
  json["ended"] = Rfc3339(event.asked.told);
  return json;
}

std::string ToJsonLine(const TracebackEvent& event) {
  return json::Line(std::visit([](const auto& each) { return ToJson(each); }, event));
}

}  // namespace cairn
