// SPDX-License-Identifier: BSD-3-Clause
// What the reporter makes of pairs: exposures, chains, alert ids.
#include <set>

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

// A person who comes in on one port and goes on to another.
std::vector<Segment> Through(uint16_t upstream_port, uint16_t downstream_port) {
  TraceBuilder trace;
  const auto up = trace.Open(At("198.51.100.7", 48224), At("10.0.0.15", upstream_port), Ms(0));
  const auto down = trace.Open(At("10.0.0.15", 37534), At("203.0.113.2", downstream_port), Ms(9));
  Relay(trace, up, down, Typing(1, 8, Ms(1000)));
  return trace.Build();
}

TEST_CASE("Clear text into SSH is an exposure, told by the ports") {
  const Outcome outcome = Detect({}, Through(23, 22));
  REQUIRE(outcome.pairs.size() == 1);
  REQUIRE(outcome.exposures.size() == 1);
  const Exposure& exposure = outcome.exposures[0];
  CHECK(exposure.clear_protocol == "telnet");
  CHECK(exposure.host == At("10.0.0.15", 0).ip);
  CHECK(exposure.pair_alert_id == outcome.pairs[0].alert_id);
  CHECK(exposure.alert_id != exposure.pair_alert_id);
  CHECK(exposure.chain == outcome.pairs[0].chain);
  CHECK(exposure.time == outcome.pairs[0].time);
  CHECK(outcome.counters.exposures == 1);

  CHECK(Detect({}, Through(513, 22)).exposures.at(0).clear_protocol == "rlogin");
  CHECK(Detect({}, Through(22, 22)).exposures.empty());
  CHECK(Detect({}, Through(23, 23)).exposures.empty());
  CHECK(Detect({}, Through(22, 23)).exposures.empty());
}

TEST_CASE("Ports of exposures can be changed, and exposures switched off") {
  DetectorOptions options;
  options.exposure.clear_text = {{2323, "menu"}};
  options.exposure.encrypted_ports = {2222};
  CHECK(Detect(options, Through(23, 22)).exposures.empty());
  CHECK(Detect(options, Through(2323, 2222)).exposures.at(0).clear_protocol == "menu");
  options.exposure.enabled = false;
  CHECK(Detect(options, Through(2323, 2222)).exposures.empty());
  CHECK(Detect(options, Through(2323, 2222)).pairs.size() == 1);
}

TEST_CASE("A chain of three legs is one incident, in order") {
  TraceBuilder trace;
  const auto first = trace.Open(At("198.51.100.7", 48224), At("10.0.0.15", 22), Ms(20));
  const auto second = trace.Open(At("10.0.0.15", 40001), At("203.0.113.2", 22), Ms(10));
  const auto third = trace.Open(At("203.0.113.2", 40002), At("10.0.0.30", 22), Ms(0));
  for (const PacketTime key : Typing(1, 10, Ms(1000))) {
    trace.Key(first, key).Key(second, key + Millis(3)).Key(third, key + Millis(30));
    trace.Echo(third, key + Millis(35))
        .Echo(second, key + Millis(61))
        .Echo(first, key + Millis(64));
  }
  const Outcome outcome = Detect({}, trace.Build());
  CHECK(outcome.pairs.size() == 3);  // two direct ones, and the indirect one of the outer legs
  REQUIRE(!outcome.chains.empty());
  const ChainUpdate& chain = outcome.chains.back();
  CHECK(outcome.counters.chains == 1);
  CHECK(chain.ended);
  CHECK(chain.complete);
  REQUIRE(chain.hops.size() == 3);
  CHECK(chain.hops[0].connection.resp == At("10.0.0.15", 22));
  CHECK(chain.hops[1].connection.resp == At("203.0.113.2", 22));
  CHECK(chain.hops[2].connection.resp == At("10.0.0.30", 22));
  CHECK_FALSE(chain.hops[0].after.has_value());
  CHECK(chain.hops[2].after == 1);
  CHECK_FALSE(chain.loop);
  for (const SteppingStone& pair : outcome.pairs) CHECK(pair.chain == chain.chain);
}

TEST_CASE("Alert ids are the same in every replay, and no two alerts share one") {
  TraceBuilder trace;
  for (uint32_t i = 0; i < 50; ++i) {
    const IpAddress stone = IpAddress::FromV4(0x0a000100U + i);
    const auto up = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, {stone, 23}, Ms(i));
    const auto down = trace.Open({stone, 40000}, {IpAddress::FromV4(0xcb007200U), 22}, Ms(500 + i));
    Relay(trace, up, down, Typing(i, 16, Ms(1000 + i * 40000)));
    trace.Close(up, Ms(39000 + i * 40000)).Close(down, Ms(39000 + i * 40000));
  }
  const Outcome one = Detect({}, trace.Build());
  const Outcome two = Detect({}, trace.Build());
  REQUIRE(one.pairs.size() == 50);
  REQUIRE(two.pairs.size() == 50);
  std::set<std::string> ids;
  for (size_t i = 0; i < 50; ++i) {
    CHECK(one.pairs[i].alert_id.size() == 16);
    CHECK(one.pairs[i].alert_id == two.pairs[i].alert_id);
    CHECK(one.ends[i].alert_id == one.pairs[i].alert_id);
    ids.insert(one.pairs[i].alert_id);
    ids.insert(one.exposures.at(i).alert_id);
  }
  CHECK(ids.size() == 100);
}

TEST_CASE("Known packet loss is stamped on the alerts that follow") {
  EventRecorder recorder;
  Detector detector({}, recorder);
  detector.SetPacketsLost(17);
  REQUIRE(detector.Process(Through(22, 22)).ok());
  REQUIRE(recorder.All<SteppingStone>().size() == 1);
  CHECK(recorder.All<SteppingStone>()[0].packets_lost == 17);
}

class FullDisk : public EventSink {
 public:
  absl::Status Write(const Event& /*event*/) override {
    ++writes;
    return absl::ResourceExhaustedError("disk full");
  }
  int writes = 0;
};

TEST_CASE("The sink's first error comes back, and nothing is written after it") {
  FullDisk sink;
  Detector detector({}, sink);
  CHECK(detector.Process(Through(23, 22)).code() == absl::StatusCode::kResourceExhausted);
  CHECK(detector.Finish().code() == absl::StatusCode::kResourceExhausted);
  CHECK(sink.writes == 1);
}

TEST_CASE("A silent link still lets connections time out") {
  EventRecorder recorder;
  DetectorOptions options;
  options.connections.established_timeout = PacketDelta::FromSeconds(60);
  Detector detector(options, recorder);
  REQUIRE(detector.Process(Through(22, 22)).ok());
  REQUIRE(detector.AdvanceTo(Ms(40000)).ok());
  CHECK(recorder.All<SteppingStoneEnd>().empty());
  REQUIRE(detector.AdvanceTo(Ms(80000)).ok());
  REQUIRE(recorder.All<SteppingStoneEnd>().size() == 1);
  CHECK(recorder.All<SteppingStoneEnd>()[0].cause == "timeout");
  REQUIRE(detector.Finish().ok());
  CHECK(recorder.All<SteppingStoneEnd>().size() == 1);
  CHECK(detector.counters().connections_open == 0);
}

}  // namespace
}  // namespace cairn
