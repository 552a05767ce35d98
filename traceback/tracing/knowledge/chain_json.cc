// SPDX-License-Identifier: BSD-3-Clause
#include "fmt/format.h"

#include "base/time_text.h"
#include "nlohmann/json.hpp"
#include "traceback/tracing/knowledge/drawing.h"
#include "traceback/tracing/knowledge/ways.h"

namespace cairn::tracing {
namespace {

using Json = nlohmann::ordered_json;

void PutTime(Json& json, const char* key, PacketTime time) {
  if (time.IsSet()) json[key] = Rfc3339(time);
}

void PutText(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

Json ConnectionJson(const Connection& connection) {
  return Json{{"local", connection.local.ToString()}, {"remote", connection.remote.ToString()}};
}

Json UserJson(const User& user) {
  Json json = {{"uid", user.uid}};
  PutText(json, "name", user.name);
  return json;
}

Json StepJson(const Step& step) {
  Json json = {{"pid", step.pid}, {"user", UserJson(step.user)}, {"real", UserJson(step.real)}};
  if (step.login.has_value()) json["login"] = UserJson(*step.login);
  PutText(json, "program", step.program);
  PutText(json, "terminal", step.terminal);
  PutTime(json, "start", step.start);
  PutText(json, "how", step.how);
  return json;
}

Json HopJson(const SignedFact& hop) {
  const absl::StatusOr<Fact> fact = DecodeFact(hop.fact);
  if (!fact.ok()) return Json{{"error", std::string(fact.status().message())}};
  Json json = {{"host", HostName(hop, *fact)}};
  json["says"] = fact->host;
  PutTime(json, "time", fact->time);
  json["asked"] = ConnectionJson(fact->asked);
  if (fact->asked_is_inbound) json["asked_is_inbound"] = true;
  json["finding"] = std::string(FindingName(fact->finding));
  if (fact->upstream.has_value()) json["upstream"] = ConnectionJson(*fact->upstream);
  json["sure"] = fact->sure;
  if (fact->one_of > 1) json["one_of"] = fact->one_of;
  Json steps = Json::array();
  for (const Step& step : fact->steps) steps.push_back(StepJson(step));
  json["steps"] = std::move(steps);
  if (fact->steps_left_out > 0) json["steps_left_out"] = fact->steps_left_out;
  if (!fact->gaps.empty()) json["gaps"] = fact->gaps;
  return json;
}

}  // namespace

std::string ChainJson(const ShownChain& shown) {
  const Chain& chain = shown.chain;
  Json json = {{"trace", TraceIdText(chain.trace)}, {"verified", shown.is_verified}};
  PutText(json, "doubt", shown.doubt);
  PutTime(json, "time", chain.time);
  json["origin"] = chain.origin_name;
  json["sequence"] = chain.sequence;
  PutText(json, "reason", chain.reason);
  json["asked"] = ConnectionJson(chain.asked);
  json["end"] = std::string(EndName(chain.end));
  json["end_text"] = std::string(EndWords(chain.end));
  if (chain.hops_collapsed > 0) json["hops_collapsed"] = chain.hops_collapsed;
  Json hops = Json::array();
  for (auto hop = chain.hops.rbegin(); hop != chain.hops.rend(); ++hop) {
    hops.push_back(HopJson(*hop));
  }
  json["hops"] = std::move(hops);
  return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace cairn::tracing
