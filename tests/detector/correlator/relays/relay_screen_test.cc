// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/relay_screen.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/support/resumed_runs.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

constexpr size_t kKeysInTenMinutes = 320;
constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

Endpoint Stone(uint32_t number, uint16_t port) {
  return {IpAddress::FromV4(0x0a00000f + number), port};
}

// Ten minutes of a login that goes on through 10.0.0.(15 + number); or of two that do not.
void AddChain(TraceBuilder& trace, uint32_t number, int64_t start, bool relays = true,
              const RelayDelays& delays = {}, size_t count = kKeysInTenMinutes) {
  const bool outward = delays.upstream_typist == From::kServer;
  const Endpoint person = At("198.51.100.7", outward ? 443 : 48224);
  const auto own_port = static_cast<uint16_t>(30'000 + start / kHour % 1000);
  const Endpoint stone = Stone(number, outward ? own_port : 22);
  const auto up =
      outward ? trace.Open(stone, person, Ms(start)) : trace.Open(person, stone, Ms(start));
  const auto down = trace.Open(Stone(number, static_cast<uint16_t>(own_port + 5000)),
                               At("203.0.113.2", 22), Ms(start + 9));
  const uint64_t seed = 10 * number + static_cast<uint64_t>(start / kHour);
  const std::vector<PacketTime> keys = Typing(seed, count, Ms(start + 1000));
  if (relays) {
    Relay(trace, up, down, keys, delays);
  } else {
    Talk(trace, up, keys);
    Talk(trace, down, Typing(seed + 5, count, Ms(start + 1200)));
  }
  const PacketTime end = keys.back() + Millis(5000);
  trace.Close(up, end).Close(down, end);
}

// Others at the same host.
void AddStrangers(TraceBuilder& trace, uint32_t number) {
  for (uint16_t i = 0; i < 3; ++i) {
    const auto in =
        trace.Open({IpAddress::FromV4(0xc0000200U + i), 40'000}, Stone(number, 22), Ms(40 * i));
    const auto out = trace.Open(Stone(number, static_cast<uint16_t>(50'000 + i)),
                                {IpAddress::FromV4(0xcb007150U + i), 22}, Ms(40 * i + 20));
    Talk(trace, in, Typing(1000 + i, kKeysInTenMinutes, Ms(1500)));
    Talk(trace, out, Typing(2000 + i, kKeysInTenMinutes, Ms(1700)));
  }
}

std::vector<Segment> OneChain() {
  TraceBuilder trace;
  AddChain(trace, 0, 0);
  AddStrangers(trace, 0);
  return trace.Build();
}

std::vector<Segment> Moved(std::vector<Segment> segments, PacketTime start) {
  const PacketDelta shift = start - Ms(0);
  for (Segment& segment : segments) segment.time = segment.time + shift;
  return segments;
}

TEST_CASE("A host that a login goes on through is reported, once, with the two connections") {
  const Outcome outcome = Detect({}, OneChain());
  REQUIRE(outcome.relay_nodes.size() == 1);
  const RelayNode& node = outcome.relay_nodes[0];
  CHECK(node.host == Stone(0, 22).ip);
  CHECK(node.method == "adaptive");
  CHECK(node.false_alarm_probability <= 1e-4);
  CHECK(node.false_alarm_probability == Approx(std::exp(-node.nats)));
  CHECK(node.score > 1);
  CHECK(node.window <= Millis(600'000));
  REQUIRE_FALSE(node.flows.empty());
  CHECK(node.flows[0].upstream.orig == At("198.51.100.7", 48224));
  CHECK(node.flows[0].downstream.resp == At("203.0.113.2", 22));
  CHECK(node.flows[0].share > 0.3);
  CHECK(outcome.counters.relay_nodes == 1);
}

TEST_CASE("Hosts at which nothing is passed on are not reported") {
  TraceBuilder trace;
  for (uint32_t number = 0; number < 5; ++number) {
    AddChain(trace, number, 0, false);
    AddStrangers(trace, number);
  }
  const Outcome outcome = Detect({}, trace.Build());
  CHECK(outcome.relay_nodes.empty());
  CHECK(outcome.counters.relay_hosts_peak == 5);
  CHECK(outcome.host_scores.size() >= 10);
  for (const HostScore& score : outcome.host_scores) CHECK_FALSE(score.reported);
}

TEST_CASE("Keep-alives of two connections at one rate are no relay") {
  TraceBuilder trace;
  const auto in = trace.Open(At("198.51.100.7", 48224), Stone(0, 22), Ms(0));
  const auto out = trace.Open(Stone(0, 37534), At("203.0.113.2", 22), Ms(9));
  for (int64_t ms = 1000; ms < 900'000; ms += 3000) {
    trace.Key(in, Ms(ms)).Echo(in, Ms(ms + 9)).Key(out, Ms(ms + 20)).Echo(out, Ms(ms + 29));
  }
  CHECK(Detect({}, trace.Build()).relay_nodes.empty());
}

TEST_CASE("Only hosts of the protected networks are watched") {
  DetectorOptions options;
  options.protected_networks.Add(Prefix::Parse("10.0.0.0/8").value());
  const Outcome inside = Detect(options, OneChain());
  CHECK(inside.relay_nodes.size() == 1);
  CHECK(inside.counters.relay_hosts_peak == 1);
  DetectorOptions elsewhere;
  elsewhere.protected_networks.Add(Prefix::Parse("192.168.0.0/16").value());
  const Outcome outside = Detect(elsewhere, OneChain());
  CHECK(outside.relay_nodes.empty());
  CHECK(outside.host_scores.empty());
  CHECK(outside.counters.relay_hosts_peak == 0);
}

TEST_CASE("A host is found that opened the connection on which it is commanded") {
  TraceBuilder trace;
  AddChain(trace, 0, 0, true, {.upstream_typist = From::kServer});
  const Outcome outcome = Detect({}, trace.Build());
  REQUIRE(outcome.relay_nodes.size() == 1);
  CHECK(outcome.relay_nodes[0].host == Stone(0, 0).ip);
  REQUIRE_FALSE(outcome.relay_nodes[0].flows.empty());
  const RelayFlows& flows = outcome.relay_nodes[0].flows[0];
  CHECK(flows.upstream.resp == At("198.51.100.7", 443));
  CHECK(flows.upstream.reversed);
  CHECK(flows.downstream.resp == At("203.0.113.2", 22));
  CHECK_FALSE(flows.downstream.reversed);
}

TEST_CASE("A host is found that is commanded, and commands, through reverse tunnels alone") {
  TraceBuilder trace;
  const auto up = trace.Open(Stone(0, 34'000), At("198.51.100.7", 443), Ms(0));
  const auto down = trace.Open(At("203.0.113.2", 41'000), Stone(0, 2222), Ms(9));
  Relay(trace, up, down, Typing(1, kKeysInTenMinutes, Ms(1000)),
        {.upstream_typist = From::kServer, .downstream_typist = From::kServer});
  const Outcome outcome = Detect({}, trace.Build());
  REQUIRE(outcome.relay_nodes.size() == 1);
  REQUIRE_FALSE(outcome.relay_nodes[0].flows.empty());
  const RelayFlows& flows = outcome.relay_nodes[0].flows[0];
  CHECK(flows.upstream.resp == At("198.51.100.7", 443));
  CHECK(flows.downstream.orig == At("203.0.113.2", 41'000));
}

TEST_CASE("What goes back and forth between two hosts is not passed on") {
  TraceBuilder trace;
  const auto in = trace.Open(At("198.51.100.7", 48224), Stone(0, 22), Ms(0));
  const auto back = trace.Open(Stone(0, 37534), At("198.51.100.7", 6000), Ms(9));
  Relay(trace, in, back, Typing(1, kKeysInTenMinutes, Ms(1000)));
  CHECK(Detect({}, trace.Build()).relay_nodes.empty());
}

TEST_CASE("A relay is reported once a day, also when it was silent for hours") {
  TraceBuilder trace;
  for (const int64_t start : {int64_t{0}, kHour, 5 * kHour, 23 * kHour, kDay + kHour}) {
    AddChain(trace, 0, start);
  }
  const Outcome outcome = Detect({}, trace.Build());
  REQUIRE(outcome.relay_nodes.size() == 2);
  CHECK(outcome.relay_nodes[0].time < Ms(kHour));
  CHECK(outcome.relay_nodes[1].time > Ms(kDay + kHour));
  CHECK(outcome.relay_nodes[1].time < Ms(kDay + 2 * kHour));
}

TEST_CASE("Scores are told every five minutes and at the end, in the order of addresses") {
  TraceBuilder trace;
  for (const uint32_t number : {3U, 1U, 2U}) {
    AddChain(trace, number, 10 * number, number == 2, {}, 2 * kKeysInTenMinutes);
  }
  const Outcome outcome = Detect({}, trace.Build());
  REQUIRE(outcome.host_scores.size() == 12);
  REQUIRE(outcome.relay_nodes.size() == 1);
  uint64_t activities = 0;
  for (size_t i = 0; i < outcome.host_scores.size(); ++i) {
    const HostScore& score = outcome.host_scores[i];
    CHECK(score.host == Stone(static_cast<uint32_t>(1 + i % 3), 0).ip);
    CHECK(score.activities > 0);
    CHECK(score.reported == (i % 3 == 1 && score.time >= outcome.relay_nodes.at(0).time));
    activities += score.activities;
    if (i < 3) continue;
    const PacketDelta since = score.time - outcome.host_scores[i - 3].time;
    CHECK(since <= Millis(300'000));
    const bool last = i + 3 >= outcome.host_scores.size();
    if (!last) CHECK(since == Millis(300'000));
  }
  CHECK(activities == outcome.counters.relay_activities);
}

TEST_CASE("Where there is room for one host, the longest idle makes way, and both are counted") {
  TraceBuilder trace;
  AddChain(trace, 0, 0);
  AddChain(trace, 1, 2 * kHour);
  DetectorOptions options;
  options.relays.max_hosts = 1;
  // The first is kept for a day, as it was reported, unless another needs its place.
  const Outcome outcome = Detect(options, trace.Build());
  CHECK(outcome.relay_nodes.size() == 2);
  CHECK(outcome.counters.relay_hosts_peak == 1);
  CHECK(outcome.counters.relay_hosts_evicted == 1);
  DetectorOptions roomy;
  CHECK(Detect(roomy, trace.Build()).counters.relay_hosts_evicted == 0);
}

TEST_CASE("Many hosts at one place: at most one is watched, and the others are counted") {
  TraceBuilder trace;
  for (uint32_t number = 0; number < 8; ++number) AddChain(trace, number, 10 * number);
  DetectorOptions options;
  options.relays.max_hosts = 1;
  const Outcome outcome = Detect(options, trace.Build());
  CHECK(outcome.counters.relay_hosts_peak == 1);
  CHECK(outcome.counters.relay_hosts_evicted + outcome.counters.relay_hosts_left_out > 0);
}

TEST_CASE("A connection that was silent for any time is looked at again when it resumes") {
  // Also for 256 of the stretches in which connections are told of: 73 minutes.
  struct Deaf : relays::RelaySink {
    void OnRelayNode(const RelayNode& /*finding*/) override {}
    void OnHostScore(const HostScore& /*score*/) override {}
  } deaf;
  for (const int64_t stretches : {int64_t{2}, int64_t{255}, int64_t{256}, int64_t{512}}) {
    relays::RelayScreen screen({}, PrefixSet(), deaf);
    const auto activity = [&](uint32_t slot, Endpoint client, Endpoint server, PacketTime time) {
      relays::FlowActivity told;
      told.uid = slot + 1;
      told.end = {client, server};
      told.time = time;
      told.slot = slot;
      const uint64_t before = screen.counters().activities;
      screen.OnActivity(told);
      return screen.counters().activities > before;
    };
    const PacketTime later = Ms(0) + PacketDelta::FromNanoseconds(stretches << 34);
    for (const PacketTime time : {Ms(0), later}) {
      const bool watched = activity(0, At("198.51.100.7", 40'000), Stone(0, 22), time);
      activity(1, Stone(0, 50'000), At("203.0.113.2", 22), time);
      CHECK(watched == (time == later));
    }
  }
}

TEST_CASE("A screen that is switched off says nothing") {
  DetectorOptions options;
  options.relays.enabled = false;
  const Outcome outcome = Detect(options, OneChain());
  CHECK(outcome.relay_nodes.empty());
  CHECK(outcome.host_scores.empty());
  CHECK(outcome.counters.relay_activities == 0);
  CHECK(outcome.counters.relay_decisions == 0);
}

TEST_CASE("An allow rule for the two connections keeps a relay silent") {
  policy::AllowRule rule;
  rule.name = "gateway";
  rule.stone_hosts.Add(Prefix::Parse("10.0.0.15/32").value());
  DetectorOptions options;
  options.policy.allow = {rule};
  CHECK(Detect(options, OneChain()).relay_nodes.empty());
  options.policy.allow[0].stone_hosts = PrefixSet({Prefix::Parse("10.0.0.16/32").value()});
  CHECK(Detect(options, OneChain()).relay_nodes.size() == 1);
}

TEST_CASE("An allow rule knows the person behind a reverse tunnel") {
  TraceBuilder trace;
  AddChain(trace, 0, 0, true, {.upstream_typist = From::kServer});
  policy::AllowRule rule;
  rule.name = "support";
  rule.upstream_hosts.Add(Prefix::Parse("198.51.100.7/32").value());
  DetectorOptions options;
  options.policy.allow = {rule};
  CHECK(Detect(options, trace.Build()).relay_nodes.empty());
}

TEST_CASE("The published method decides, reports and tells scores, too") {
  TraceBuilder trace;
  AddChain(trace, 0, 0);
  DetectorOptions options;
  options.relays.method = relays::Method::kPublished;
  options.relays.terms = 100;
  const Outcome outcome = Detect(options, trace.Build());
  REQUIRE(outcome.relay_nodes.size() == 1);
  CHECK(outcome.relay_nodes[0].method == "published");
  CHECK(outcome.relay_nodes[0].window == PacketDelta::Zero());
  REQUIRE_FALSE(outcome.relay_nodes[0].flows.empty());
  CHECK(outcome.relay_nodes[0].flows[0].upstream.orig == At("198.51.100.7", 48224));
  CHECK_FALSE(outcome.host_scores.empty());
}

TEST_CASE("The size of batches changes no finding and no score of the screen") {
  TraceBuilder trace;
  for (uint32_t number = 0; number < 6; ++number) {
    AddChain(trace, number, 13'000 * number, number % 2 == 0);
  }
  const std::vector<Segment> segments = trace.Build();
  DetectorOptions options;
  options.relays.max_hosts = GENERATE(2U, 100U);
  const Outcome first = Detect(options, segments, 256);
  REQUIRE_FALSE(first.host_scores.empty());
  for (const size_t batch : {size_t{1}, size_t{7}, size_t{100'000}}) {
    const Outcome again = Detect(options, segments, batch);
    REQUIRE(again.relay_nodes.size() == first.relay_nodes.size());
    for (size_t i = 0; i < first.relay_nodes.size(); ++i) {
      CHECK(Describe(again.relay_nodes[i]) == Describe(first.relay_nodes[i]));
    }
    REQUIRE(again.host_scores.size() == first.host_scores.size());
    for (size_t i = 0; i < first.host_scores.size(); ++i) {
      CHECK(again.host_scores[i].host == first.host_scores[i].host);
      CHECK(again.host_scores[i].time == first.host_scores[i].time);
      CHECK(again.host_scores[i].nats == first.host_scores[i].nats);
      CHECK(again.host_scores[i].score == first.host_scores[i].score);
      CHECK(again.host_scores[i].activities == first.host_scores[i].activities);
    }
  }
}

TEST_CASE("A relay is found at either end of packet time, and a leap of centuries costs nothing") {
  constexpr int64_t kEarliestNs = -4'294'967'295'000'000'000;
  constexpr int64_t kLatestNs = 4'294'967'295'999'999'999;
  const PacketTime late = PacketTime::FromNanoseconds(kLatestNs - 1'200'000'000'000);
  for (const PacketTime moment : {PacketTime::FromNanoseconds(kEarliestNs),
                                  PacketTime::FromNanoseconds(-300'000'000'000), late}) {
    CHECK(Detect({}, Moved(OneChain(), moment)).relay_nodes.size() == 1);
  }
  std::vector<Segment> segments = Moved(OneChain(), PacketTime::FromNanoseconds(kEarliestNs));
  for (const Segment& segment : Moved(OneChain(), late)) segments.push_back(segment);
  DetectorOptions options;
  options.relays.slot = Millis(GENERATE(4, 100, 5000));
  const Outcome outcome = Detect(options, segments);
  CHECK(outcome.counters.relay_hosts_peak == 1);
  if (options.relays.slot == Millis(100)) CHECK(outcome.relay_nodes.size() == 2);
}

TEST_CASE("A relay that an earlier run reported is not reported again within a day") {
  TraceBuilder trace;
  for (const int64_t start : {int64_t{0}, kHour, 23 * kHour, kDay + kHour}) {
    AddChain(trace, 0, start);
  }
  const std::vector<Segment> segments = trace.Build();
  std::string state;
  std::vector<size_t> reported;
  for (auto begin = segments.begin(); begin != segments.end();) {
    const auto end = std::find_if(begin, segments.end(), [&](const Segment& segment) {
      return segment.time - begin->time > Millis(kHour - 1000);
    });
    reported.push_back(CountOf<RelayNode>(GoOn({}, {begin, end}, state)));
    begin = end;
  }
  CHECK(reported == std::vector<size_t>{1, 0, 0, 1});
}

}  // namespace
}  // namespace cairn
