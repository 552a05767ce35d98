// SPDX-License-Identifier: BSD-3-Clause
#include <vector>

#include "catch2/catch.hpp"

#include "simulated_site.h"

namespace cairn::tracing {
namespace {

using Hosts = std::vector<SimulatedSite::HostNumber>;

Hosts Circle(const Hosts& hosts, size_t hops) {
  Hosts all;
  for (size_t i = 0; i <= hops; ++i) all.push_back(hosts[i % hosts.size()]);
  return all;
}

std::vector<std::string> NamesOf(const SimulatedSite::Result& result) {
  std::vector<std::string> names;
  for (const Fact& fact : result.hops) names.push_back(fact.host);
  return names;
}

}  // namespace

TEST_CASE("a chain is followed from its target to the console it began at") {
  SimulatedSite site;
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3, 4}));
  REQUIRE(result.done.has_value());
  CHECK(result.done->end == End::kConsole);
  CHECK(NamesOf(result) == std::vector<std::string>{"host4", "host3", "host2", "host1"});
  CHECK(result.done->hops == 4);
  CHECK(result.done->hops_collapsed == 0);
  CHECK(site.questions == 3);
  for (uint32_t i = 0; i < 4; ++i) CHECK(result.messages[i].number == i);
  std::vector<SignedFact> facts;
  for (const Hop& hop : result.messages) facts.push_back(hop.fact);
  CHECK(result.done->chain_hash == FactsHash(facts));
}

TEST_CASE("what ended is told to who asked, and goes into the knowledge base and to all") {
  SimulatedSite site;
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3}));
  REQUIRE(result.finished.has_value());
  CHECK(result.finished->save);
  CHECK(result.finished->broadcast);
  CHECK(result.finished->chain.end == End::kConsole);
  CHECK(result.finished->chain.hops.size() == 3);
  CHECK(result.finished->chain.reason == "a test");
  CHECK_FALSE(result.done->met.has_value());
}

TEST_CASE("what was traced for a sensor is kept here, unless a rule sends it to all") {
  const auto trace_for = [](PeerKind kind, bool has_rule) {
    SimulatedSite site;
    if (has_rule) {
      site.rules.insert(site.rules.begin(), {.name = "sensor-for-all",
                                             .events = {Event::kEnded},
                                             .peers = {PeerKind::kAsker},
                                             .actions = {Action::kSave, Action::kBroadcast}});
    }
    const auto chain = site.AddChain({1, 2, 3});
    const SimulatedSite::Result result = site.Ask(9, 3,
                                                  {.trace = TraceId{1},
                                                   .connection = chain.back().Reversed(),
                                                   .is_inbound = true,
                                                   .hops_left = 5,
                                                   .milliseconds_left = 1000},
                                                  kind);
    REQUIRE(result.finished.has_value());
    CHECK(result.finished->save);
    return result.finished->broadcast;
  };
  CHECK_FALSE(trace_for(PeerKind::kAsker, false));
  CHECK(trace_for(PeerKind::kAsker, true));
  CHECK(trace_for(PeerKind::kLocal, false));
}

TEST_CASE("a host that sees IPv4 as mapped addresses is in a chain like others") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3, 4});
  const auto map = [](Endpoint& end) {
    end.ip = IpAddress::FromIpv6Header(0, 0xffff00000000ULL | (end.ip.low() & 0xffffffff));
  };
  site.of(3).lie = [&](Fact& fact) {
    map(fact.upstream->local);
    map(fact.upstream->remote);
  };
  const SimulatedSite::Result result = site.Trace(chain);
  CHECK(result.done->end == End::kConsole);
  CHECK(result.hops.size() == 4);
}

TEST_CASE("a chain that came the same way before is told") {
  SimulatedSite site;
  site.repeated = {TraceId{1}};
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3}));
  REQUIRE(result.done->met.has_value());
  CHECK(result.done->met->chains == 2);
}

TEST_CASE("circles cost a question for each host, not for each hop") {
  for (const Hosts& hosts : {Hosts{1, 2}, Hosts{1, 2, 3}, Hosts{1, 2, 3, 4, 5, 6, 7}}) {
    CAPTURE(hosts.size());
    SimulatedSite site;
    const SimulatedSite::Result result = site.Trace(site.AddChain(Circle(hosts, 30)));
    REQUIRE(result.done.has_value());
    CHECK(result.done->end == End::kConsole);
    CHECK(site.questions <= 2 * hosts.size());
    CHECK(site.looks <= 2 * hosts.size());
    // Of every ordered pair of hosts at most two connections are kept.
    CHECK(30 - result.done->hops_collapsed <= 2 * hosts.size() * (hosts.size() == 2 ? 2 : 1));
    CHECK(result.done->hops_collapsed > 0);
  }
}

TEST_CASE("a circle in the middle of a chain leads to the host before it") {
  SimulatedSite site;
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3, 4, 2, 3, 4, 2, 3, 4, 5}));
  CHECK(result.done->end == End::kConsole);
  REQUIRE_FALSE(result.hops.empty());
  CHECK(result.hops.back().host == "host1");
  CHECK(site.questions <= 8);
}

TEST_CASE("circles are unwound where hosts tell no links, too, within the limit of hops") {
  SimulatedSite site;
  for (const SimulatedSite::HostNumber host : Hosts{1, 2, 3}) site.of(host).tells_links = false;
  const SimulatedSite::Result result = site.Trace(site.AddChain(Circle({1, 2, 3}, 12)));
  CHECK(result.done->end == End::kConsole);
  CHECK(result.hops.size() == 13);
}

TEST_CASE("back and forth between two hosts") {
  SimulatedSite site;
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 1, 2, 1, 2, 3}));
  CHECK(result.done->end == End::kConsole);
  CHECK(site.questions <= 4);
}

TEST_CASE("two chains at once through the same hosts stay apart") {
  SimulatedSite site;
  const auto first = site.AddChain({1, 2, 3, 4});
  const auto second = site.AddChain({5, 2, 3, 4});
  CHECK(NamesOf(site.Trace(first)).back() == "host1");
  CHECK(NamesOf(site.Trace(second)).back() == "host5");
}

TEST_CASE("how a chain can begin") {
  SimulatedSite site;
  CHECK(site.Trace(site.AddChain({1, 2}, Finding::kProcess)).done->end == End::kProcess);
  CHECK(site.Trace(site.AddChain({1, 2}, Finding::kNotKnown)).done->end == End::kNotKnown);
  auto gone = site.AddChain({1, 2});
  gone.back().local.port = 1;  // closed meanwhile
  CHECK(site.Trace(gone).done->end == End::kClosed);
}

TEST_CASE("a session that comes from outside the networks is not asked after there") {
  SimulatedSite site;
  auto chain = site.AddChain({1, 2});
  chain.back().local.ip = *IpAddress::Parse("198.51.100.7");
  const SimulatedSite::Result result = site.Trace(chain);
  CHECK(result.done->end == End::kOutside);
  CHECK(result.hops.size() == 1);
  CHECK(site.questions == 0);
}

TEST_CASE("who is asked again in the same trace tells of itself, and asks nobody") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3});
  const class Trace question = {
      .trace = TraceId{99}, .connection = chain.back(), .hops_left = 10, .milliseconds_left = 1000};
  const SimulatedSite::Result first = site.Ask(3, 2, question);
  CHECK(first.done->end == End::kConsole);
  CHECK(first.hops.size() == 2);
  const uint64_t asked = site.questions;
  const SimulatedSite::Result second = site.Ask(4, 2, question);
  REQUIRE(second.done.has_value());
  CHECK_FALSE(second.done->end.has_value());
  CHECK(second.hops.size() == 1);
  CHECK(site.questions == asked);
  CHECK(second.messages[0].fact == first.messages[0].fact);  // what it has said it says again
}

TEST_CASE("a limit of hops ends a trace, and what was found stays") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3, 4, 5, 6});
  const SimulatedSite::Result result = site.Ask(6, 5,
                                                {.trace = TraceId{77},
                                                 .connection = chain.back(),
                                                 .hops_left = 2,
                                                 .milliseconds_left = 5000});
  REQUIRE(result.done.has_value());
  CHECK(result.done->end == End::kHops);
  CHECK(result.hops.size() == 2);
}

TEST_CASE("a host is asked about its own addresses only") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3});
  const SimulatedSite::Result result = site.Ask(
      3, 1,
      {.trace = TraceId{5}, .connection = chain.back(), .hops_left = 9, .milliseconds_left = 900});
  REQUIRE(result.denied.has_value());
  CHECK(result.denied->reason == Denial::kInvalid);
}

TEST_CASE("looks and lines of the log are told apart by who has caused them") {
  SimulatedSite site;
  const Connection asked = site.AddChain({1, 2}).back();
  Rounds& host = site.rounds(1);
  uint8_t next_trace = 1;
  // Of the look that is wanted for this asker; every line is of who asked.
  const auto asker_of_look = [&](const Asker& asker) {
    host.OnTrace(asker,
                 {.trace = TraceId{next_trace++},
                  .connection = asked,
                  .hops_left = 5,
                  .milliseconds_left = 1000},
                 {});
    std::optional<uint64_t> told;
    while (const std::optional<Wanted> wanted = host.Next()) {
      if (const auto* look = std::get_if<LookWanted>(&*wanted)) told = look->asker;
      if (const auto* line = std::get_if<LogLine>(&*wanted)) CHECK(line->peer == asker.AsCause());
    }
    REQUIRE(told.has_value());
    return *told;
  };
  const IpAddress first = *IpAddress::Parse("192.0.2.1");
  const IpAddress second = *IpAddress::Parse("192.0.2.2");
  const uint64_t one = asker_of_look({.id = 1, .name = "one", .address = first});
  CHECK(asker_of_look({.id = 2, .name = "one", .address = second}) == one);
  const uint64_t other = asker_of_look({.id = 3, .name = "other", .address = first});
  CHECK(other != one);
  const Asker root = {.id = 4, .kind = PeerKind::kLocal, .name = "one"};
  CHECK(asker_of_look(root) == 0);
  CHECK(one * other != 0);
  CHECK_FALSE(root.AsCause().has_value());
}

}  // namespace cairn::tracing
