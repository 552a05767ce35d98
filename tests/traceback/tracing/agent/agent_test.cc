// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/agent.h"

#include <chrono>
#include <set>
#include <thread>

#include "catch2/catch.hpp"

#include "agent_site.h"

namespace cairn::tracing {
namespace {

bool Await(const std::function<bool()>& holds,
           std::chrono::seconds most = std::chrono::seconds(60)) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

void ExchangeOften(Options& options) {
  options.knowledge.exchange_interval = PacketDelta::FromMilliseconds(200);
}

}  // namespace

TEST_CASE("agents follow a chain to its console") {
  AgentSite site(4);
  const AgentSite::Result result = site.Trace(site.AddChain({1, 2, 3, 4}));
  INFO(site.LogOf(4));
  REQUIRE(result.done.has_value());
  CHECK(result.done->end == End::kConsole);
  REQUIRE(result.hops.size() == 4);
  CHECK(result.hops.back().asked.local.ip == site.AddressOf(1));
  CHECK(result.done->hops == 4);
}

TEST_CASE("agents unwind circles") {
  AgentSite site(3);
  std::vector<int> hosts;
  for (int i = 0; i <= 30; ++i) hosts.push_back(1 + i % 3);
  const AgentSite::Result result = site.Trace(site.AddChain(hosts));
  REQUIRE(result.done.has_value());
  CHECK(result.done->end == End::kConsole);
  CHECK(result.hops.size() <= 6);
  CHECK(result.done->hops_collapsed == 24);
}

TEST_CASE("a finished chain is known to all, and over a restart") {
  AgentSite site(5);
  const AgentSite::Result result = site.Trace(site.AddChain({1, 2, 3}));
  REQUIRE(result.done->end == End::kConsole);
  for (int host = 1; host <= 5; ++host) {
    CHECK(Await([&] { return site.Known(host).size() == 1; }));
  }
  site.Stop(5);
  site.Start(5);
  CHECK(site.Known(5).size() == 1);
  CHECK(site.CounterOf(5, "chains") == 1);
}

TEST_CASE("a rule tells of chains that peers send") {
  const bool is_taken = GENERATE(true, false);
  AgentSite site(3, [&](Options& options) {
    ExchangeOften(options);
    options.rules.insert(options.rules.begin(),
                         {.name = "tell-of-chains",
                          .events = {Event::kChain},
                          .actions = {Action::kAlert, is_taken ? Action::kSave : Action::kDeny}});
  });
  REQUIRE(site.Trace(site.AddChain({1, 2, 3})).done->end == End::kConsole);
  REQUIRE(
      Await([&] { return site.LogOf(1).find("rule \"tell-of-chains\"") != std::string::npos; }));
  INFO(site.LogOf(1));
  const std::string told = is_taken ? "begun by host3: 3 hops, console" : "is not taken";
  CHECK(site.LogOf(1).find(told) != std::string::npos);
  CHECK(site.CounterOf(1, "trace_alerts") >= 1);
  CHECK(site.CounterOf(1, "chains") == (is_taken ? 1U : 0U));
  if (!is_taken) return;
  // Once for each chain, though peers ask one another all the time.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  CHECK(site.CounterOf(1, "trace_alerts") == 1);
}

TEST_CASE("an agent that was down when a chain was told catches up") {
  AgentSite site(4, ExchangeOften);
  site.Stop(4);
  REQUIRE(site.Trace(site.AddChain({1, 2, 3})).done->end == End::kConsole);
  REQUIRE(site.Trace(site.AddChain({2, 1, 3})).done->end == End::kConsole);
  site.Start(4);
  CHECK(Await([&] { return site.Known(4).size() == 2; }));
  std::set<TraceId> traces;
  for (const Chain& chain : site.Known(4)) traces.insert(chain.trace);
  CHECK(traces.size() == 2);
}

TEST_CASE("a trace says that a chain came the same way before") {
  AgentSite site(3);
  CHECK_FALSE(site.Trace(site.AddChain({1, 2, 3})).done->met.has_value());
  CHECK(site.CounterOf(3, "chains") == 1);
  CHECK(site.Trace(site.AddChain({1, 2, 3})).done->met.has_value());
}

TEST_CASE("a host whose agent is down is where a chain ends, until it is up again") {
  AgentSite site(4);
  const auto chain = site.AddChain({1, 2, 3, 4});
  site.Stop(2);
  const AgentSite::Result without = site.Trace(chain);
  CHECK(without.done->end == End::kNoAgent);
  CHECK(without.hops.size() == 2);
  site.Start(2);
  CHECK(site.Trace(chain).done->end == End::kConsole);
}

TEST_CASE("every agent in turn is restarted while traces go on") {
  AgentSite site(4);
  const auto chain = site.AddChain({1, 2, 3, 4});
  REQUIRE(site.Trace(chain).done->end == End::kConsole);
  for (const int host : {1, 2, 3}) {
    site.Stop(host);
    site.Start(host);
    const AgentSite::Result result = site.Trace(chain);
    CAPTURE(host, EndName(*result.done->end));
    CHECK(result.done->end == End::kConsole);
    CHECK(result.hops.size() == 4);
  }
  for (int host = 1; host <= 4; ++host) {
    CHECK(Await([&] { return site.Known(host).size() == 4; }));
  }
}

TEST_CASE("an agent lies about itself, and about nothing else") {
  AgentSite site(4);
  const auto chain = site.AddChain({1, 2, 3, 4});
  // About another host's connection.
  site.Lie(2, [&](Fact& fact) { fact.upstream->local.ip = site.AddressOf(3); });
  AgentSite::Result result = site.Trace(chain);
  CHECK(result.done->end != End::kConsole);
  CHECK(result.hops.size() == 2);
  // What it said in another trace.
  site.Lie(2, [](Fact& fact) { fact.trace = TraceId{1, 2, 3}; });
  result = site.Trace(chain);
  CHECK(result.done->end != End::kConsole);
  CHECK(result.hops.size() == 2);
  // About itself.
  site.Lie(2, [](Fact& fact) {
    fact.finding = Finding::kConsole;
    fact.upstream.reset();
  });
  result = site.Trace(chain);
  CHECK(result.done->end == End::kConsole);
  CHECK(result.hops.size() == 3);
}

TEST_CASE("a clock that is an hour off does not keep a host from being believed") {
  AgentSite site(3);
  site.Lie(2, [](Fact& fact) { fact.time = fact.time + PacketDelta::FromSeconds(3600); });
  CHECK(site.Trace(site.AddChain({1, 2, 3})).done->end == End::kConsole);
  // An old fact is.
  site.Lie(2, [](Fact& fact) { fact.time = fact.time - PacketDelta::FromSeconds(30 * 3600); });
  CHECK(site.Trace(site.AddChain({1, 2, 3})).done->end != End::kConsole);
}

TEST_CASE("whom the site has revoked is not believed by anybody, once one has heard of it") {
  AgentSite site(4);
  const auto chain = site.AddChain({1, 2, 3, 4});
  REQUIRE(site.Trace(chain).done->end == End::kConsole);
  site.Revoke(7, {2});
  REQUIRE(Await([&] { return site.LogOf(1).find("took list 7") != std::string::npos; }));
  // The others hear it from host 1, when they meet it.
  REQUIRE(site.Trace(site.AddChain({1, 3, 4})).done->end == End::kConsole);
  const auto other = site.AddChain({1, 4, 3});
  REQUIRE(site.Trace(other).done.has_value());
  REQUIRE(Await([&] { return site.LogOf(3).find("took list 7") != std::string::npos; }));
  const AgentSite::Result result = site.Trace(chain);
  CHECK(result.done->end == End::kRefused);
  CHECK(result.hops.size() == 2);
}

TEST_CASE("what may not be asked is refused at the control socket") {
  AgentSite site(1);
  Connection stranger = {.local = {.ip = *IpAddress::Parse("10.77.9.9"), .port = 22},
                         .remote = {.ip = site.AddressOf(1), .port = 22}};
  const AgentSite::Result result = site.Trace(
      {Connection{.local = stranger.local, .remote = {.ip = site.AddressOf(1), .port = 22}}});
  // Host 1 is asked about a connection that is not there.
  CHECK(result.done->end != End::kConsole);
}

TEST_CASE("two traces at once through the same hosts stay apart") {
  AgentSite site(5);
  const auto first = site.AddChain({1, 2, 3, 4});
  const auto second = site.AddChain({5, 2, 3, 4});
  AgentSite::Result of_first;
  AgentSite::Result of_second;
  std::thread other([&] { of_second = site.Trace(second); });
  of_first = site.Trace(first);
  other.join();
  CHECK(of_first.hops.back().asked.local.ip == site.AddressOf(1));
  CHECK(of_second.hops.back().asked.local.ip == site.AddressOf(5));
}

}  // namespace cairn::tracing
