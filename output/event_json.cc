// SPDX-License-Identifier: BSD-3-Clause
#include "output/event_json.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/time_text.h"
#include "json/event_line.h"
#include "json/figures.h"
#include "output/community_id.h"
#include "output/odds.h"
#include "traceback/findings/traceback_json.h"

namespace cairn::output {
namespace {

using Json = json::Ordered;

Json Optional(const std::optional<PacketDelta>& lag) {
  return lag.has_value() ? Json(json::Milliseconds(*lag)) : Json();
}

Json ToJson(const ConnectionSummary& connection) {
  return {{"orig", json::Of(connection.orig)},
          {"resp", json::Of(connection.resp)},
          {"start", Rfc3339(connection.start)},
          {"originator", OriginatorSourceName(connection.originator)},
          {"community_id", CommunityId(connection.orig, connection.resp)}};
}

// A connection of a pair: which way the keystrokes run on it is known.
Json InPair(const ConnectionSummary& connection) {
  Json json = ToJson(connection);
  json["reversed"] = connection.reversed;
  return json;
}

Json ToJson(const Significance& significance) {
  return {{"nats", json::Rounded(significance.nats, 100.0)},
          {"window_ms", significance.window.ToMilliseconds()},
          {"hits", significance.hits},
          {"trials", significance.trials},
          {"chance", json::Rounded(significance.chance, 1e6)}};
}

Json ToJson(const DirectionEvidence& evidence) {
  return {{"onsets_upstream", evidence.onsets_upstream},
          {"onsets_downstream", evidence.onsets_downstream},
          {"coincidences", evidence.coincidences},
          {"consecutive", evidence.consecutive},
          {"ratio", json::Rounded(evidence.ratio, 10000.0)},
          {"lag_ms",
           {{"p50", Optional(evidence.lag_p50)},
            {"p95", Optional(evidence.lag_p95)},
            {"transit", json::Milliseconds(evidence.transit)}}},
          {"significance", ToJson(evidence.significance)}};
}

Json ToJson(const SlotSignificance::Direction& direction) {
  return {{"nats", json::Rounded(direction.nats, 100.0)},
          {"lag_ms", direction.lag.ToMilliseconds()},
          {"blocks", json::Rounded(direction.blocks, 10.0)}};
}

Json ToJson(const MatchSignificance& matching) {
  return {{"nats", json::Rounded(matching.nats, 100.0)},
          {"forward_nats", json::Rounded(matching.direction_nats[0], 100.0)},
          {"backward_nats", json::Rounded(matching.direction_nats[1], 100.0)},
          {"matched", matching.matched},
          {"by_chance", json::Rounded(matching.by_chance, 10.0)}};
}

Json ToJson(const SlotSignificance& slots) {
  return {{"nats", json::Rounded(slots.nats, 100.0)},
          {"deviations", json::Rounded(slots.deviations, 100.0)},
          {"slot_ms", slots.slot.ToMilliseconds()},
          {"slots", slots.slots},
          {"forward", ToJson(slots.direction[0])},
          {"backward", ToJson(slots.direction[1])},
          {"matching", ToJson(slots.matching)}};
}

// A rate of 1e-30 a day and one of 1e-12 are the same to anybody; three digits are enough.
double ThreeDigits(double value) {
  constexpr double kLeast = 1e-12;
  if (!std::isfinite(value) || value < kLeast) return kLeast;
  const double scale = std::pow(10.0, 2 - std::floor(std::log10(value)));
  return std::round(value * scale) / scale;
}

Json ToJson(const Confidence& confidence) {
  return {{"nats", json::Rounded(confidence.nats, 100.0)},
          {"needed", json::Rounded(confidence.needed, 100.0)},
          {"false_alarms_per_day", ThreeDigits(confidence.false_alarms_per_day)}};
}

Json ToJson(const Evidence& evidence) {
  Json json = {{"method", evidence.slots.has_value() ? "slots" : "timing"},
               {"forward", ToJson(evidence.forward)},
               {"backward", ToJson(evidence.backward)},
               {"capture", CaptureViewName(evidence.capture)}};
  if (evidence.slots.has_value()) json["slots"] = ToJson(*evidence.slots);
  if (evidence.confidence.has_value()) {
    json["confidence"] = ToJson(*evidence.confidence);
    json["confidence"]["false_alarm_interval_years"] =
        ThreeDigits(*FalseAlarmIntervalYears(evidence));
  }
  Json evasion = Json::array();
  if (evidence.delay_suspected) evasion.push_back("delay");
  if (evidence.chaff_suspected) evasion.push_back("chaff");
  if (evidence.insertion_suspected) evasion.push_back("insertion");
  json["evasion_suspected"] = std::move(evasion);
  return json;
}

Json ToJson(const std::optional<PolicyVerdict>& verdict) {
  if (!verdict.has_value()) return nullptr;
  return {{"rule", verdict->rule}, {"owner", verdict->owner}, {"reason", verdict->reason}};
}

// What a stepping stone and a message relay have in common.
template <typename Pair>
Json PairHead(const Pair& event, const char* name) {
  Json json = json::EventHead(event.time, name);
  json["alert_id"] = event.alert_id;
  json["kind"] = PairKindName(event.kind);
  json["host"] = event.host.has_value() ? Json(event.host->ToString()) : Json();
  json["upstream"] = InPair(event.upstream);
  json["downstream"] = InPair(event.downstream);
  json["evidence"] = ToJson(event.evidence);
  return json;
}

Json ToJson(const SteppingStone& event) {
  Json json = PairHead(event, "stepping_stone");
  json["roles"] = RoleBasisName(event.roles);
  json["revision"] = event.revision;
  json["chain"] = event.chain;
  json["policy"] = ToJson(event.policy);
  json["packets_lost"] = event.packets_lost;
  return json;
}

Json ToJson(const MessageRelay& event) {
  Json json = PairHead(event, "message_relay");
  json["reason"] = event.reason;
  json["fan_out"] = event.fan_out;
  json["packets_lost"] = event.packets_lost;
  return json;
}

Json ToJson(const Unjudged& event) {
  Json json = json::EventHead(event.time, "unjudged");
  json["alert_id"] = event.alert_id;
  json["host"] = event.host.ToString();
  json["upstream"] = InPair(event.upstream);
  json["downstream"] = InPair(event.downstream);
  json["reason"] = event.reason;
  json["policy"] = ToJson(event.policy);
  json["packets_lost"] = event.packets_lost;
  return json;
}

Json ToJson(const Insertion& event) {
  Json json = json::EventHead(event.time, "insertion");
  json["alert_id"] = event.alert_id;
  json["severity"] = "low";
  json["connection"] = ToJson(event.connection);
  json["segments"] = event.segments;
  json["packets_lost"] = event.packets_lost;
  return json;
}

Json ToJson(const RelayNode& event) {
  Json json = json::EventHead(event.time, "relay_node");
  json["alert_id"] = event.alert_id;
  json["severity"] = "low";
  json["host"] = event.host.ToString();
  json["method"] = event.method;
  json["score"] = json::Rounded(event.score, 1000.0);
  json["nats"] = json::Rounded(event.nats, 100.0);
  json["false_alarm_probability"] = ThreeDigits(event.false_alarm_probability);
  if (const std::optional<double> years = FalseAlarmIntervalYears(event); years.has_value()) {
    json["false_alarm_interval_years"] = ThreeDigits(*years);
  }
  json["window_s"] = json::Seconds(event.window);
  json["reach_ms"] = event.reach.ToMilliseconds();
  Json flows = Json::array();
  for (const RelayFlows& pair : event.flows) {
    flows.push_back({{"upstream", InPair(pair.upstream)},
                     {"downstream", InPair(pair.downstream)},
                     {"share", json::Rounded(pair.share, 1000.0)}});
  }
  json["flows"] = std::move(flows);
  json["policy"] = ToJson(event.policy);
  json["packets_lost"] = event.packets_lost;
  return json;
}

Json ToJson(const SteppingStoneEnd& event) {
  Json json = json::EventHead(event.time, "stepping_stone_end");
  json["alert_id"] = event.alert_id;
  json["kind"] = PairKindName(event.kind);
  json["upstream"] = InPair(event.upstream);
  json["downstream"] = InPair(event.downstream);
  json["roles"] = RoleBasisName(event.roles);
  json["revision"] = event.revision;
  json["evidence"] = ToJson(event.evidence);
  json["duration_s"] = json::Seconds(event.duration);
  json["cause"] = event.cause;
  json["chain"] = event.chain;
  json["policy"] = ToJson(event.policy);
  return json;
}

Json ToJson(const Exposure& event) {
  Json json = json::EventHead(event.time, "exposure");
  json["alert_id"] = event.alert_id;
  json["pair_alert_id"] = event.pair_alert_id;
  json["clear_protocol"] = event.clear_protocol;
  json["host"] = event.host.ToString();
  json["upstream"] = InPair(event.upstream);
  json["downstream"] = InPair(event.downstream);
  json["chain"] = event.chain;
  json["policy"] = ToJson(event.policy);
  return json;
}

Json ToJson(const ChainUpdate& event) {
  Json json = json::EventHead(event.time, "chain");
  json["chain"] = event.chain;
  json["revision"] = event.revision;
  Json hops = Json::array();
  for (const ChainUpdate::Hop& hop : event.hops) {
    Json item = InPair(hop.connection);
    item["after"] = hop.after.has_value() ? Json(*hop.after) : Json();
    hops.push_back(std::move(item));
  }
  json["hops"] = std::move(hops);
  json["complete"] = event.complete;
  json["hop_count"] = event.hop_count;
  json["deferred"] = event.deferred;
  json["ended"] = event.ended;
  json["merged_into"] = json::TextOrNull(event.merged_into);
  json["loop"] = event.loop;
  json["truncated"] = event.truncated;
  json["policy"] = ToJson(event.policy);
  return json;
}

Json ToJson(const capture::ClockStep& step) {
  Json json = json::EventHead(step.time, "clock_step");
  json["source"] = step.source;
  json["interface"] = step.interface;
  json["stamp"] = Rfc3339(step.stamp);
  json["step_ns"] = step.size.ToNanoseconds();
  json["offset_ns"] = step.offset.ToNanoseconds();
  return json;
}

}  // namespace

std::string ToJsonLine(const AnyEvent& event) {
  return event.Visit([](const auto& each) { return json::Line(ToJson(each)); });
}

}  // namespace cairn::output
