// SPDX-License-Identifier: BSD-3-Clause
#include "output/event_json.h"

#include <limits>
#include <string>

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"
#include "output/score_json.h"
#include "tests/output/sample_events.h"
#include "traceback/findings/traceback_json.h"

namespace cairn::output {
namespace {

using Json = nlohmann::ordered_json;

TEST_CASE("a stepping stone is one line whose keys stand in the published order") {
  const std::string expected =
      R"({"schema":"cairn/1","time":"2026-11-21T10:15:02.123456789Z","event":"stepping_stone",)"
      R"("alert_id":"5f0c0123456789ab","kind":"direct","host":"10.10.0.15",)"
      R"("upstream":{"orig":{"ip":"172.16.4.2","port":48224},"resp":{"ip":"10.10.0.15","port":22},)"
      R"("start":"2026-11-21T10:05:02.123456789Z","originator":"syn","community_id":"UP","reversed":false},)"
      R"("downstream":{"orig":{"ip":"10.10.0.15","port":37534},"resp":{"ip":"172.16.2.2","port":22},)"
      R"("start":"2026-11-21T10:05:02.123456789Z","originator":"syn","community_id":"DOWN","reversed":false},)"
      R"("evidence":{"method":"timing","forward":{"onsets_upstream":40,"onsets_downstream":42,"coincidences":31,)"
      R"("consecutive":18,"ratio":0.775,"lag_ms":{"p50":3.1,"p95":11.0,"transit":0.0},)"
      R"("significance":{"nats":96.42,"window_ms":80,"hits":30,"trials":41,"chance":0.012346}},)"
      R"("backward":{"onsets_upstream":12,"onsets_downstream":9,"coincidences":0,"consecutive":0,"ratio":0.0,)"
      R"("lag_ms":{"p50":null,"p95":null,"transit":0.0},)"
      R"("significance":{"nats":0.0,"window_ms":0,"hits":0,"trials":0,"chance":0.0}},"capture":"both","evasion_suspected":[]},)"
      R"("roles":"order","revision":1,"chain":"c-9a41d07e00112233","policy":null,"packets_lost":3})"
      "\n";
  std::string line = ToJsonLine(samples::DirectPair());
  const Json json = Json::parse(line);
  for (const auto& [side, name] : {std::pair{"upstream", "UP"}, std::pair{"downstream", "DOWN"}}) {
    const std::string id = json[side]["community_id"];
    CHECK(id.substr(0, 2) == "1:");
    line.replace(line.find(id), id.size(), name);
  }
  CHECK(line == expected);
}

TEST_CASE("an indirect pair has no host, IPv6 addresses are plain, and the policy is spelled out") {
  const Json json = Json::parse(ToJsonLine(samples::IndirectPair()));
  CHECK(json["kind"] == "indirect");
  CHECK(json["host"].is_null());
  CHECK(json["upstream"]["orig"]["ip"] == "2001:db8:ffff::1");
  CHECK(json["upstream"]["originator"] == "syn_ack");
  CHECK(json["downstream"]["originator"] == "guessed");
  CHECK(json["evidence"]["capture"] == "forward_only");
  CHECK(json["policy"] ==
        Json{{"rule", "bastion"}, {"owner", "ops"}, {"reason", "the site's jump host"}});
}

TEST_CASE("a connection on which keystrokes run towards its originator is marked as reversed") {
  SteppingStone pair = samples::DirectPair();
  pair.upstream.reversed = true;
  const Json json = Json::parse(ToJsonLine(pair));
  CHECK(json["upstream"]["reversed"] == true);
  CHECK(json["downstream"]["reversed"] == false);
}

TEST_CASE("an end record carries cause, length and the alert that it ends") {
  const Json json = Json::parse(ToJsonLine(samples::PairEnd()));
  CHECK(json["event"] == "stepping_stone_end");
  CHECK(json["alert_id"] == "5f0c0123456789ab");
  CHECK(json["cause"] == "reset");
  CHECK(json["duration_s"] == 60.25);
}

TEST_CASE("what decided stands in the evidence: slots, the odds, and signs of evasion") {
  const Json evidence = Json::parse(ToJsonLine(samples::SlowPair()))["evidence"];
  CHECK(evidence["method"] == "slots");
  CHECK(evidence["slots"].dump() ==
        R"({"nats":21.35,"deviations":7.51,"slot_ms":500,"slots":291,)"
        R"("forward":{"nats":11.25,"lag_ms":500,"blocks":9.6},)"
        R"("backward":{"nats":9.5,"lag_ms":0,"blocks":7.0},)"
        R"("matching":{"nats":5.25,"forward_nats":3.5,"backward_nats":1.75,)"
        R"("matched":412,"by_chance":350.1}})");
  CHECK(evidence["confidence"].dump() ==
        R"({"nats":18.12,"needed":15.5,"false_alarms_per_day":0.00312,)"
        R"("false_alarm_interval_years":0.292})");
  CHECK(evidence["evasion_suspected"] == Json::array({"delay"}));
}

TEST_CASE("a relay node tells how improbable it is and names the flows that carry it") {
  const Json json = Json::parse(ToJsonLine(samples::PassingHost()));
  CHECK(json["event"] == "relay_node");
  CHECK(json["severity"] == "low");
  CHECK(json["host"] == "10.10.0.15");
  CHECK(json["score"] == 2.346);
  CHECK(json["nats"] == 14.91);
  CHECK(json["false_alarm_probability"] == 3.33e-7);
  CHECK(json["false_alarm_interval_years"] == 342);
  CHECK(json["window_s"] == 300.0);
  CHECK(json["reach_ms"] == 500);
  REQUIRE(json["flows"].size() == 1);
  CHECK(json["flows"][0]["upstream"]["orig"]["ip"] == "172.16.4.2");
  CHECK(json["flows"][0]["share"] == 0.877);
  CHECK(json["packets_lost"] == 1);
}

TEST_CASE("a host's score is one line whose keys stand in the published order") {
  CHECK(ToJsonLine(samples::Score()) ==
        R"({"schema":"cairn/1","time":"2026-11-21T10:15:02.123456789Z","event":"host_score",)"
        R"("host":"10.10.0.15","score":2.346,"nats":8.25,"freedom":31.5,"window_s":300.0,)"
        R"("reach_ms":500,"activities":1234,"reported":true})"
        "\n");
}

TEST_CASE("an exposure names the readable protocol and its pair") {
  const Json json = Json::parse(ToJsonLine(samples::ExposedPassphrase()));
  CHECK(json["event"] == "exposure");
  CHECK(json["clear_protocol"] == "telnet");
  CHECK(json["pair_alert_id"] == "5f0c0123456789ab");
  CHECK(json["host"] == "10.10.0.15");
}

TEST_CASE("the last update of a chain that was merged says where its hops are") {
  const Json json = Json::parse(ToJsonLine(samples::Merged()));
  CHECK(json["hops"].empty());
  CHECK(json["ended"] == true);
  CHECK(json["merged_into"] == "c-7b1c5d2288990011");
}

TEST_CASE("a chain lists its hops, and each says which hop feeds it") {
  const Json json = Json::parse(ToJsonLine(samples::ThreeHops()));
  CHECK(json["event"] == "chain");
  CHECK(json["revision"] == 2);
  REQUIRE(json["hops"].size() == 3);
  CHECK(json["hops"][0]["after"].is_null());
  CHECK(json["hops"][2]["after"] == 1);
  CHECK(json["hops"][2]["resp"]["ip"] == "10.10.7.7");
  CHECK(json["complete"] == true);
  CHECK(json["hop_count"] == 3);
  CHECK(json["deferred"] == false);
  CHECK(json["ended"] == false);
  CHECK(json["merged_into"].is_null());
  CHECK(json["loop"] == true);
  CHECK(json["truncated"] == false);
}

TEST_CASE("words that are no UTF-8 or hold quotes and line feeds still give one valid line") {
  SteppingStone event = samples::DirectPair();
  event.policy =
      PolicyVerdict{.rule = "a\"b\nc", .owner = "\xff\xfe", .reason = std::string("\0\x1b", 2)};
  const std::string line = ToJsonLine(event);
  CHECK(line.find('\n') == line.size() - 1);
  const Json json = Json::parse(line);
  CHECK(json["policy"]["rule"] == "a\"b\nc");
  CHECK(json["policy"]["owner"] == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("a step of the capture's clock tells how to find its times in the capture") {
  CHECK(ToJsonLine(samples::Step()) ==
        R"({"schema":"cairn/1","time":"2026-11-21T10:15:05.123456789Z","event":"clock_step",)"
        R"("source":"border.pcapng","interface":1,"stamp":"2026-11-21T09:15:05.123456789Z",)"
        R"("step_ns":-3599750000000,"offset_ns":3600000000000})"
        "\n");
}

TEST_CASE("lags are rounded to the microsecond and ratios to four decimals") {
  SteppingStone event = samples::DirectPair();
  event.evidence.forward.lag_p50 = PacketDelta::FromNanoseconds(1234567);
  event.evidence.forward.ratio = 2.0 / 3.0;
  const std::string line = ToJsonLine(event);
  CHECK(line.find(R"("p50":1.235,)") != std::string::npos);
  CHECK(line.find(R"("ratio":0.6667,)") != std::string::npos);
}

TEST_CASE("a ratio that is no number is written as zero") {
  SteppingStone event = samples::DirectPair();
  event.evidence.forward.ratio = std::numeric_limits<double>::quiet_NaN();
  CHECK(Json::parse(ToJsonLine(event))["evidence"]["forward"]["ratio"] == 0.0);
}

TEST_CASE("a view of an event gives the line of the event, of whatever origin it is") {
  const Event pair = samples::DirectPair();
  CHECK(ToJsonLine(AnyEvent(pair)) == ToJsonLine(samples::DirectPair()));
  for (const TracebackEvent& event : samples::Asked()) {
    CHECK(ToJsonLine(AnyEvent(event)) == cairn::ToJsonLine(event));
  }
  const capture::ClockStep step = samples::Step();
  CHECK(Json::parse(ToJsonLine(AnyEvent(step)))["event"] == "clock_step");
}

TEST_CASE("every event begins with its schema, its time and its name") {
  const auto begins = [](const AnyEvent& event) {
    return ToJsonLine(event).starts_with(R"({"schema":"cairn/1","time":"2026-11-21T)");
  };
  for (const Event& event : samples::All()) CHECK(begins(event));
  for (const TracebackEvent& event : samples::Asked()) CHECK(begins(event));
  CHECK(begins(samples::Step()));
}

}  // namespace
}  // namespace cairn::output
