// SPDX-License-Identifier: BSD-3-Clause
#include "output/score_json.h"

#include <utility>

#include "base/event_schema.h"
#include "base/time_text.h"
#include "json/event_line.h"
#include "json/figures.h"

namespace cairn::output {
namespace {

using Json = json::Ordered;

void AddFigures(Json& json, const HostScore& score) {
  json["score"] = json::Rounded(score.score, 1000.0);
  json["nats"] = json::Rounded(score.nats, 100.0);
  json["freedom"] = json::Rounded(score.freedom, 10.0);
  json["window_s"] = json::Seconds(score.window);
  json["reach_ms"] = score.reach.ToMilliseconds();
  json["activities"] = score.activities;
  json["reported"] = score.reported;
}

Json Moment(const HostScore& score) {
  Json json = {{"time", Rfc3339(score.time)}};
  AddFigures(json, score);
  return json;
}

}  // namespace

std::string ToJsonLine(const HostScore& score) {
  Json json = json::EventHead(score.time, "host_score");
  json["host"] = score.host.ToString();
  AddFigures(json, score);
  return json::Line(json);
}

std::string ToJsonLine(const HostHistory& host) {
  Json history = Json::array();
  for (const HostScore& score : host.scores) history.push_back(Moment(score));
  return json::Line({{"schema", kAlertSchema},
                     {"event", "relay_history"},
                     {"host", host.best.host.ToString()},
                     {"reported", host.reported},
                     {"best", Moment(host.best)},
                     {"history", std::move(history)}});
}

}  // namespace cairn::output
