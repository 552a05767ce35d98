// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/alerts/alert_traces.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn::alerts {
namespace {

using tracing::AskFailure;

IpAddress AlertTracesIp(const char* text) { return *IpAddress::Parse(text); }

SteppingStone AlertTracesStone(const std::string& id, const char* stone = "10.0.0.5",
                               const char* origin = "192.0.2.1") {
  SteppingStone event;
  event.time = PacketTime::FromNanoseconds(7);
  event.alert_id = id;
  event.chain = "c-9a41d07e00112233";
  event.host = AlertTracesIp(stone);
  event.upstream.orig = {AlertTracesIp(origin), 40001};
  event.upstream.resp = {AlertTracesIp(stone), 22};
  event.downstream.orig = {AlertTracesIp(stone), 40002};
  event.downstream.resp = {AlertTracesIp("192.0.2.9"), 2222};
  return event;
}

PrefixSet Site() { return PrefixSet({*Prefix::Parse("10.0.0.0/24")}); }

// Says what the test has it say.
class FakeRunner : public tracing::TraceRunner {
 public:
  void Begin(tracing::AskId id, tracing::AskRequest request) override {
    begun.emplace_back(id, std::move(request));
  }
  std::vector<tracing::AskEvent> Take() override { return std::exchange(events, {}); }
  bool WaitUntil(std::chrono::steady_clock::time_point) override { return !events.empty(); }
  void GiveUp() override {
    for (const auto& [id, request] : begun) Fail(id, AskFailure::kUnfinished);
  }

  void Fail(tracing::AskId id, AskFailure reason) {
    events.emplace_back(tracing::AskFailed{.id = id, .reason = reason, .detail = "so it is"});
  }
  void Find(tracing::AskId id) {
    tracing::HopFound found;
    found.id = id;
    found.hop.fact.trace = {1};
    found.hop.fact.host = "as it calls itself";
    found.hop.fact.asked = begun.front().second.connection;
    found.hop.fact.finding = tracing::Finding::kConsole;
    found.hop.fact.steps = {{.pid = 9,
                             .user = {.uid = 0, .name = "root"},
                             .real = {.uid = 0, .name = "root"},
                             .login = tracing::User{.uid = 1000},
                             .program = "/usr/bin/ssh",
                             .terminal = "pts/3"}};
    found.hop.identity.name = "stone.example.org";
    events.emplace_back(found);
    events.emplace_back(
        tracing::AskDone{.id = id, .trace = {1}, .end = tracing::End::kConsole, .hops = 1});
  }

  std::vector<std::pair<tracing::AskId, tracing::AskRequest>> begun;
  std::vector<tracing::AskEvent> events;
};

struct Rig {
  explicit Rig(const Options& options = {}, const PrefixSet& networks = Site())
      : traces(options, networks, runner) {}

  FakeRunner runner;
  AlertTraces traces;
};

TEST_CASE("the stone is asked about its way on, once for each alert") {
  Rig rig;
  rig.traces.Observe(AlertTracesStone("a1"));
  rig.traces.Observe(AlertTracesStone("a1"));
  REQUIRE(rig.runner.begun.size() == 1);
  const tracing::AskRequest& request = rig.runner.begun[0].second;
  CHECK(request.connection.ToString() == "10.0.0.5:40002 -> 192.0.2.9:2222");
  CHECK_FALSE(request.is_inbound);
  CHECK(request.reason == "alert a1");
  CHECK_FALSE(rig.traces.idle());
}

TEST_CASE("what comes of it belongs to the alert and its incident") {
  Rig rig;
  rig.traces.Observe(AlertTracesStone("a1"));
  rig.runner.Find(rig.runner.begun[0].first);
  const std::vector<TracebackEvent> events = rig.traces.Take();
  REQUIRE(events.size() == 2);
  const auto& hop = std::get<TraceHop>(events[0]);
  CHECK(hop.asked.alert_id == "a1");
  CHECK(hop.asked.chain == "c-9a41d07e00112233");
  CHECK(hop.asked.time == PacketTime::FromNanoseconds(7));
  CHECK(hop.asked.told.IsSet());
  CHECK(hop.asked.trace == "01000000000000000000000000000000");
  CHECK(hop.name == "stone.example.org");
  CHECK(hop.verified);
  REQUIRE(hop.steps.size() == 1);
  CHECK(hop.steps[0].user == "root");
  CHECK(hop.steps[0].login == "1000");
  const auto& done = std::get<TraceDone>(events[1]);
  CHECK(done.end == "console");
  CHECK(done.last_user == "1000");
  CHECK(done.last_terminal == "pts/3");
  CHECK(done.last_host == AlertTracesIp("10.0.0.5"));
  CHECK(rig.traces.idle());
  CHECK(rig.traces.TakeWithoutAgent().empty());
}

TEST_CASE("a corrected alert is traced once more, about the right connection") {
  Rig rig;
  SteppingStone wrong = AlertTracesStone("a1", "10.0.0.5", "10.0.0.6");
  std::swap(wrong.upstream, wrong.downstream);
  rig.traces.Observe(wrong);
  SteppingStone right = AlertTracesStone("a1", "10.0.0.5", "10.0.0.6");
  right.revision = 2;
  rig.traces.Observe(right);
  rig.traces.Observe(right);
  REQUIRE(rig.runner.begun.size() == 2);
  CHECK(rig.runner.begun[1].second.connection.ToString() == "10.0.0.5:40002 -> 192.0.2.9:2222");
}

TEST_CASE("through a reverse tunnel the stone has accepted its way on") {
  Rig rig;
  SteppingStone stone = AlertTracesStone("a1");
  std::swap(stone.downstream.orig, stone.downstream.resp);
  stone.downstream.reversed = true;
  rig.traces.Observe(stone);
  REQUIRE(rig.runner.begun.size() == 1);
  CHECK(rig.runner.begun[0].second.connection.ToString() == "10.0.0.5:40002 -> 192.0.2.9:2222");
}

TEST_CASE("where the stone may not be asked, the host before it is, about its own connection") {
  Rig rig;
  rig.traces.Observe(AlertTracesStone("a1", "192.0.2.5", "10.0.0.6"));
  REQUIRE(rig.runner.begun.size() == 1);
  CHECK(rig.runner.begun[0].second.connection.ToString() == "10.0.0.6:40001 -> 192.0.2.5:22");
}

TEST_CASE("hosts outside the allowed networks are not asked, and that is told") {
  Rig outside;
  outside.traces.Observe(AlertTracesStone("a1", "192.0.2.5"));
  CHECK(outside.runner.begun.empty());
  CHECK(outside.traces.WaitUntil(std::chrono::steady_clock::time_point()));
  const std::vector<TracebackEvent> events = outside.traces.Take();
  REQUIRE(events.size() == 1);
  CHECK(std::get<TraceDone>(events[0]).reason == "not_allowed");
  CHECK(std::get<TraceDone>(events[0]).asked.trace.empty());
  CHECK(outside.traces.TakeWithoutAgent().empty());

  Rig nobody({}, PrefixSet());
  nobody.traces.Observe(AlertTracesStone("a1"));
  CHECK(nobody.runner.begun.empty());

  Options narrow;
  narrow.allowed_networks = PrefixSet({*Prefix::Parse("10.0.0.7")});
  Rig named(narrow);
  named.traces.Observe(AlertTracesStone("a1"));
  CHECK(named.runner.begun.empty());
  named.traces.Observe(AlertTracesStone("a2", "10.0.0.7"));
  CHECK(named.runner.begun.size() == 1);
  CHECK(AskerOptionsOf(narrow, Site()).networks == narrow.allowed_networks);
  CHECK(AskerOptionsOf({}, Site()).networks == Site());
}

TEST_CASE("alerts that the policy allows, and other kinds, are no reason") {
  Rig rig;
  SteppingStone allowed = AlertTracesStone("a1");
  allowed.policy = PolicyVerdict{"rule", "owner", "reason"};
  rig.traces.Observe(allowed);
  Exposure exposure;
  exposure.alert_id = "e1";
  exposure.upstream = AlertTracesStone("").upstream;
  exposure.downstream = AlertTracesStone("").downstream;
  rig.traces.Observe(exposure);
  CHECK(rig.runner.begun.empty());
}

TEST_CASE("those without an agent are told apart from those who would not say") {
  for (const AskFailure reason :
       {AskFailure::kNoAgent, AskFailure::kSilent, AskFailure::kDenied, AskFailure::kUnproven,
        AskFailure::kTime, AskFailure::kQueueFull, AskFailure::kUnfinished}) {
    Rig rig;
    rig.traces.Observe(AlertTracesStone("a1"));
    rig.runner.Fail(rig.runner.begun[0].first, reason);
    const std::vector<TracebackEvent> events = rig.traces.Take();
    REQUIRE(events.size() == 1);
    CHECK(std::get<TraceDone>(events[0]).reason == tracing::AskFailureName(reason));
    CHECK(std::get<TraceDone>(events[0]).detail == "so it is");
    const std::vector<Suspect> without = rig.traces.TakeWithoutAgent();
    const bool is_without = reason == AskFailure::kNoAgent || reason == AskFailure::kSilent;
    REQUIRE(without.size() == (is_without ? 1 : 0));
    if (is_without) CHECK(without[0].alert_id == "a1");
  }
}

TEST_CASE("a claim that cannot be read is told of the host that was asked") {
  Rig rig;
  rig.traces.Observe(AlertTracesStone("a1"));
  rig.runner.events.emplace_back(tracing::HopClaimed{.id = rig.runner.begun[0].first,
                                                     .trace = {1},
                                                     .teller = AlertTracesIp("10.0.0.5"),
                                                     .why = "no CBOR"});
  const std::vector<TracebackEvent> events = rig.traces.Take();
  REQUIRE(events.size() == 1);
  const auto& claim = std::get<TraceHop>(events[0]);
  CHECK_FALSE(claim.verified);
  CHECK(claim.number == 0);
  CHECK(claim.why == "no CBOR");
  CHECK(claim.told_by == AlertTracesIp("10.0.0.5"));
  CHECK_FALSE(rig.traces.idle());
}

TEST_CASE("what is open at the end is told as unfinished") {
  Rig rig;
  rig.traces.Observe(AlertTracesStone("a1"));
  rig.traces.GiveUp();
  REQUIRE(rig.traces.Take().size() == 1);
  CHECK(rig.traces.idle());
}

}  // namespace
}  // namespace cairn::alerts
