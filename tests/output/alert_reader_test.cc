// SPDX-License-Identifier: BSD-3-Clause
#include "output/alert_reader.h"

#include "catch2/catch.hpp"

#include "detector/correlator/policy/policy.h"
#include "nlohmann/json.hpp"
#include "output/json_lines.h"
#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::ordered_json;

JudgedAlert Read(const std::string& line) {
  const absl::StatusOr<std::optional<JudgedAlert>> alert = ParseAlertLine(line);
  REQUIRE(alert.ok());
  REQUIRE(alert->has_value());
  return **alert;
}

std::string FaultOf(const Json& json) {
  const absl::StatusOr<std::optional<JudgedAlert>> alert = ParseAlertLine(json.dump());
  CHECK(absl::IsInvalidArgument(alert.status()));
  return std::string(alert.status().message());
}

TEST_CASE("an alert comes back as far as the policy asks") {
  SteppingStone written = samples::DirectPair();
  written.upstream.reversed = true;
  written.revision = 2;
  const JudgedAlert alert = Read(ToJsonLine(written));
  CHECK(alert.event == "stepping_stone");
  CHECK(alert.pair.time == written.time);
  CHECK(alert.pair.alert_id == written.alert_id);
  CHECK(alert.pair.kind == written.kind);
  CHECK(alert.pair.host == written.host);
  CHECK(alert.pair.revision == 2);
  CHECK(alert.pair.upstream.orig == written.upstream.orig);
  CHECK(alert.pair.upstream.resp == written.upstream.resp);
  CHECK(alert.pair.upstream.reversed);
  CHECK(alert.pair.downstream.orig == written.downstream.orig);
  CHECK_FALSE(alert.pair.downstream.reversed);
  const JudgedAlert indirect = Read(ToJsonLine(samples::IndirectPair()));
  CHECK(indirect.pair.kind == PairKind::kIndirect);
  CHECK_FALSE(indirect.pair.host.has_value());
}

TEST_CASE("of an alert without the field, the stone tells what is reversed") {
  SteppingStone written = samples::DirectPair();
  std::swap(written.upstream.orig, written.upstream.resp);  // the stone opened it
  std::swap(written.downstream.orig, written.downstream.resp);
  Json json = Json::parse(ToJsonLine(written));
  json["upstream"].erase("reversed");
  json["downstream"].erase("reversed");
  const JudgedAlert alert = Read(json.dump());
  const policy::Roles roles = policy::RolesOf(alert.pair);
  CHECK(roles.upstream_host.ToString() == "172.16.4.2");
  CHECK(roles.stone_host.ToString() == "10.10.0.15");
  CHECK(roles.downstream_host.ToString() == "172.16.2.2");
}

TEST_CASE("of a relay node the strongest flows are asked about") {
  const JudgedAlert alert = Read(ToJsonLine(samples::PassingHost()));
  CHECK(alert.event == "relay_node");
  CHECK(alert.pair.upstream.orig == samples::PassingHost().flows[0].upstream.orig);
  RelayNode bare = samples::PassingHost();
  bare.flows.clear();
  CHECK_FALSE(ParseAlertLine(ToJsonLine(bare))->has_value());
}

TEST_CASE("events that the policy does not judge by themselves are passed over") {
  for (const Event& event : {Event(samples::PairEnd()), Event(samples::ExposedPassphrase())}) {
    const absl::StatusOr<std::optional<JudgedAlert>> alert = ParseAlertLine(ToJsonLine(event));
    REQUIRE(alert.ok());
    CHECK_FALSE(alert->has_value());
  }
}

TEST_CASE("what is no alert is told with what is wrong") {
  const Json sound = Json::parse(ToJsonLine(samples::DirectPair()));
  CHECK(absl::IsDataLoss(ParseAlertLine(R"({"schema":"cairn/1","ti)").status()));
  CHECK_THAT(FaultOf(Json::array()), Contains("not a JSON object"));
  Json json = sound;
  json["schema"] = "cairn/2";
  CHECK_THAT(FaultOf(json), Contains("\"schema\" is not 'cairn/1'"));
  json = sound;
  json.erase("event");
  CHECK_THAT(FaultOf(json), Contains("\"event\" is missing"));
  json = sound;
  json["time"] = "yesterday";
  CHECK_THAT(FaultOf(json), Contains("\"time\" is not a time"));
  json = sound;
  json["alert_id"] = "\x1b[2J";
  CHECK_THAT(FaultOf(json), Contains("\"alert_id\" is not an id"));
  json = sound;
  json["kind"] = "sideways";
  CHECK_THAT(FaultOf(json), Contains("\"kind\""));
  json = sound;
  json["upstream"]["orig"]["port"] = 65536;
  CHECK_THAT(FaultOf(json), Contains("\"port\""));
  json = sound;
  json["downstream"]["resp"]["ip"] = "10.0.0.300";
  CHECK_THAT(FaultOf(json), Contains("\"ip\" is not an address"));
  json = sound;
  json["downstream"] = "10.0.0.3";
  CHECK_THAT(FaultOf(json), Contains("\"orig\" is missing"));
}

}  // namespace
}  // namespace cairn::output
