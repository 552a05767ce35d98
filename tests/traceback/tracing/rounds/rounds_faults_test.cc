// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "simulated_site.h"

namespace cairn::tracing {
namespace {

bool Says(const SimulatedSite::Result& result, std::string_view text) {
  for (const std::string& line : result.log) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a host without an agent ends the chain, and that is said") {
  SimulatedSite site;
  site.of(2).has_agent = false;
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3, 4}));
  CHECK(result.done->end == End::kNoAgent);
  CHECK(result.hops.size() == 2);
}

TEST_CASE("a host that does not answer ends the chain after a while") {
  SimulatedSite site;
  site.of(1).answers = false;
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3, 4}));
  CHECK(result.done->end == End::kSilent);
  CHECK(result.hops.size() == 3);
  CHECK(result.took < std::chrono::seconds(10));
}

TEST_CASE("an agent that dies while it answers is passed by") {
  SimulatedSite site;
  site.of(3).dies_after = 2;  // it has told of itself and of host 2
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3, 4}));
  CHECK(result.done->end == End::kConsole);
  CHECK(result.hops.size() == 4);
}

TEST_CASE("an agent that is silent after it has begun to answer is passed by") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3, 4});
  site.of(3).dies_after = 1;
  site.of(3).done = [](Done& done) { done.end = End::kNotKnown; };
  const SimulatedSite::Result result = site.Trace(chain);
  CHECK(result.done->end == End::kConsole);
}

TEST_CASE("what a host says of a host beyond it is tried where the trace began") {
  SimulatedSite site;
  // Host 3 hides host 2 from others.
  site.of(3).relay = [](Hop& hop) {
    if (hop.number > 0) hop.fact.signature = "none";
  };
  const SimulatedSite::Result hidden = site.Trace(site.AddChain({1, 2, 3, 4}));
  CHECK(hidden.done->end == End::kConsole);
  CHECK(hidden.hops.size() == 4);

  // Nor is it believed where the chain ends.
  for (const End end : {End::kNoAgent, End::kOutside, End::kLoop, End::kHops, End::kTime}) {
    CAPTURE(EndName(end));
    SimulatedSite other;
    other.of(3).relay = [](Hop& hop) {
      if (hop.number > 0) hop.trace = {};
    };
    other.of(3).done = [end](Done& done) { done.end = end; };
    CHECK(other.Trace(other.AddChain({1, 2, 3, 4})).done->end == End::kConsole);
  }
}

TEST_CASE("who says the same again and again holds a trace no longer than who is silent") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3});
  Rounds& target = site.rounds(3);
  const Connection asked = chain.back().Reversed();
  const TraceId trace = target.Begin(1, asked, true, "", {});
  const auto signed_by = [&](int host, Fact fact) {
    fact.trace = trace;
    return SignedFact{.fact = EncodeFact(fact), .signature = "of " + std::to_string(host)};
  };
  const auto upstream = [](const Connection& of, const Connection& inbound) {
    return Fact{.asked = of, .finding = Finding::kUpstream, .upstream = inbound};
  };
  std::optional<uint64_t> look;
  while (const std::optional<Wanted> wanted = target.Next()) {
    if (const auto* each = std::get_if<LookWanted>(&*wanted)) look = each->look;
  }
  REQUIRE(look.has_value());
  target.OnLooked(*look, signed_by(3, upstream(asked, asked)), {});
  const Identity peer = {.addresses = {SimulatedSite::AddressOf(2)}};
  const Hop hop = {.trace = trace,
                   .fact = signed_by(2, upstream(chain.back(), chain.front().Reversed()))};
  target.OnHop(peer, hop, {});
  const std::optional<Rounds::Clock::time_point> deadline = target.NextDeadline();
  target.OnHop(peer, hop, Rounds::Clock::time_point() + std::chrono::seconds(1));
  CHECK(target.counters().hops == 2);
  CHECK(target.NextDeadline() == deadline);
}

TEST_CASE("a trace is over with the fact that ends it, whether its host says so or not") {
  SimulatedSite site;
  const auto chain = site.AddChain({2, 3});
  Rounds& target = site.rounds(3);
  const Connection asked = chain.back().Reversed();
  const TraceId trace = target.Begin(1, asked, true, "", {});
  const auto wanted = [&target] {
    std::vector<Wanted> all;
    while (std::optional<Wanted> each = target.Next()) all.push_back(*std::move(each));
    return all;
  };
  const auto signed_by = [&](int host, Fact fact) {
    fact.trace = trace;
    return SignedFact{.fact = EncodeFact(fact), .signature = "of " + std::to_string(host)};
  };
  std::optional<uint64_t> look;
  for (const Wanted& each : wanted()) {
    if (const auto* found = std::get_if<LookWanted>(&each)) look = found->look;
  }
  REQUIRE(look.has_value());
  target.OnLooked(
      *look, signed_by(3, {.asked = asked, .finding = Finding::kUpstream, .upstream = asked}), {});
  wanted();
  const Identity peer = {.addresses = {SimulatedSite::AddressOf(2)}};
  target.OnHop(
      peer,
      {.trace = trace, .fact = signed_by(2, {.asked = chain[0], .finding = Finding::kConsole})},
      {});
  std::optional<Done> done;
  bool stopped = false;
  for (const Wanted& each : wanted()) {
    stopped = stopped || std::holds_alternative<StopAsking>(each);
    const auto* reply = std::get_if<Reply>(&each);
    if (reply == nullptr) continue;
    if (const auto* told = std::get_if<Done>(&reply->message)) done = *told;
  }
  REQUIRE(done.has_value());
  CHECK(done->end == End::kConsole);
  CHECK(done->hops == 2);
  CHECK(stopped);
  CHECK(target.size() == 0);
  // The rest of the answer is nothing strange; a second one is.
  target.OnDone(peer, {.trace = trace, .end = End::kConsole, .hops = 1}, {});
  CHECK(target.counters().unexpected == 0);
  target.OnDone(peer, {.trace = trace, .end = End::kConsole, .hops = 1}, {});
  CHECK(target.counters().unexpected == 1);
}

TEST_CASE(
    "a fact about another connection is no hop, though it has a link of the one asked about") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3});
  site.of(2).lie = [&](Fact& fact) {
    fact.links = {{.outbound = fact.asked, .inbound = chain[0].Reversed()}};
    fact.asked.local.port = 4;
    fact.finding = Finding::kConsole;
    fact.upstream.reset();
  };
  const SimulatedSite::Result result = site.Trace(chain);
  // Its own agent does not believe it, and says so.
  CHECK(result.done->end == End::kNotKnown);
  CHECK(result.hops.size() == 1);
  // So each hop of what is kept follows from the one before it, as others verify it.
  REQUIRE(result.finished.has_value());
  CHECK(result.finished->chain.hops.size() == 1);
}

TEST_CASE("a fact about another host is believed of nobody") {
  SimulatedSite site;
  site.of(2).lie = [](Fact& fact) {
    fact.asked.local.ip = SimulatedSite::AddressOf(9);
    fact.finding = Finding::kConsole;
  };
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3}));
  CHECK(result.done->end != End::kConsole);
  CHECK(result.hops.size() == 1);
  CHECK(Says(result, "not believed"));
}

TEST_CASE("a fact of another trace, or about something else, is not taken") {
  SimulatedSite site;
  site.of(2).lie = [](Fact& fact) { fact.trace = TraceId{200}; };
  CHECK(site.Trace(site.AddChain({1, 2, 3})).done->end == End::kNotKnown);

  SimulatedSite other;
  other.of(2).lie = [](Fact& fact) {
    fact.asked.local.port = 4;
    fact.finding = Finding::kConsole;
  };
  const SimulatedSite::Result result = other.Trace(other.AddChain({1, 2, 3}));
  CHECK(result.done->end != End::kConsole);
  CHECK(result.hops.size() == 1);
}

TEST_CASE("a host that says its session came from itself is found out") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3});
  site.of(2).lie = [](Fact& fact) { fact.upstream = fact.asked; };
  const SimulatedSite::Result result = site.Trace(chain);
  CHECK(result.done->end != End::kConsole);
  CHECK(result.hops.size() <= 3);
}

TEST_CASE("two hosts that lead into each other for ever come to an end") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3});
  uint16_t port = 1000;
  const auto lead_to = [&port](SimulatedSite::HostNumber other) {
    return [&port, other](Fact& fact) {
      fact.finding = Finding::kUpstream;
      fact.links.clear();
      fact.upstream = Connection{.local = {.ip = fact.asked.local.ip, .port = 22},
                                 .remote = {.ip = SimulatedSite::AddressOf(other), .port = port++}};
    };
  };
  site.of(1).lie = lead_to(2);
  site.of(2).lie = lead_to(1);
  const SimulatedSite::Result result = site.Trace(chain);
  REQUIRE(result.done.has_value());
  CHECK(result.done->end != End::kConsole);
  CHECK(result.hops.size() <= kMostHops);
  CHECK(site.questions <= 2 * kMostHops);
}

TEST_CASE("a flood of hops ends with the first that nobody asked for") {
  SimulatedSite site;
  const auto chain = site.AddChain({1, 2, 3});
  SimulatedSite::Result result = site.Trace(chain);
  Rounds& target = site.rounds(3);
  const uint64_t before = target.counters().unexpected;
  const Identity peer = {.addresses = {SimulatedSite::AddressOf(2)}};
  for (int i = 0; i < 30000; ++i) target.OnHop(peer, result.messages[1], {});
  CHECK(target.counters().unexpected == before + 30000);
  CHECK_FALSE(target.Next().has_value());
}

TEST_CASE("too many questions of one peer are denied, and others are served") {
  RoundLimits limits;
  limits.max_rounds_per_peer_minute = 3;
  SimulatedSite site(limits);
  const auto chain = site.AddChain({1, 2});
  for (uint8_t i = 0; i < 5; ++i) {
    const SimulatedSite::Result result = site.Ask(2, 1,
                                                  {.trace = TraceId{static_cast<uint8_t>(100 + i)},
                                                   .connection = chain.back(),
                                                   .hops_left = 5,
                                                   .milliseconds_left = 1000});
    CHECK(result.denied.has_value() == (i >= 3));
    if (i >= 3) CHECK(result.denied->reason == Denial::kRate);
  }
  CHECK(site.Ask(3, 1,
                 {.trace = TraceId{50},
                  .connection = chain.back(),
                  .hops_left = 5,
                  .milliseconds_left = 1000})
            .done.has_value());
}

TEST_CASE("who may only ask has a limit of its own, and is told when it may ask again") {
  RoundLimits limits;
  limits.max_rounds_per_asker_minute = 2;
  SimulatedSite site(limits);
  const auto chain = site.AddChain({1, 2});
  const auto ask = [&](SimulatedSite::HostNumber who, uint8_t trace, PeerKind kind) {
    return site.Ask(who, 2,
                    {.trace = TraceId{trace},
                     .connection = chain.back().Reversed(),
                     .is_inbound = true,
                     .hops_left = 5,
                     .milliseconds_left = 1000},
                    kind);
  };
  CHECK(ask(7, 100, PeerKind::kAsker).done.has_value());
  CHECK(ask(7, 101, PeerKind::kAsker).done.has_value());
  const SimulatedSite::Result denied = ask(7, 102, PeerKind::kAsker);
  REQUIRE(denied.denied.has_value());
  CHECK(denied.denied->reason == Denial::kRate);
  CHECK(denied.denied->retry_milliseconds > 59000);
  CHECK(denied.denied->retry_milliseconds <= 60000);
  CHECK(Says(denied, "rule \"too-many\""));
  // Another sensor, and an agent of the same name, are not it.
  CHECK(ask(8, 103, PeerKind::kAsker).done.has_value());
  CHECK(ask(7, 104, PeerKind::kAgent).done.has_value());
  const RoundCounters& counters = site.rounds(2).counters();
  CHECK(counters.for_askers == 4);
  CHECK(counters.over_rate == 1);
  CHECK(counters.denied == 1);
}

TEST_CASE("who may only ask takes few places, however many certificates were stolen") {
  RoundLimits limits;
  limits.max_rounds = 16;
  SimulatedSite site(limits);
  const Connection asked = site.AddChain({1, 2}).back();
  Rounds& host = site.rounds(1);
  uint8_t trace = 0;
  const auto is_denied = [&](const std::string& name, PeerKind kind) {
    host.OnTrace(
        {.id = 1, .kind = kind, .name = name},
        {.trace = TraceId{++trace}, .connection = asked, .hops_left = 5, .milliseconds_left = 1000},
        {});
    bool denied = false;
    while (const std::optional<Wanted> wanted = host.Next()) {
      const auto* reply = std::get_if<Reply>(&*wanted);
      denied = denied || (reply != nullptr && std::holds_alternative<Deny>(reply->message));
    }
    return denied;
  };
  CHECK_FALSE(is_denied("one", PeerKind::kAsker));
  CHECK_FALSE(is_denied("one", PeerKind::kAsker));
  CHECK(is_denied("one", PeerKind::kAsker));
  CHECK_FALSE(is_denied("two", PeerKind::kAsker));
  CHECK_FALSE(is_denied("two", PeerKind::kAsker));
  CHECK(is_denied("three", PeerKind::kAsker));
  CHECK_FALSE(is_denied("agent", PeerKind::kAgent));
}

TEST_CASE("one peer cannot take the places of all rounds") {
  RoundLimits limits;
  limits.max_rounds = 8;
  SimulatedSite site(limits);
  const Connection asked = site.AddChain({1, 2}).back();
  Rounds& host = site.rounds(1);
  const auto is_denied = [&](AskerId id, const std::string& name, uint8_t trace) {
    host.OnTrace(
        {.id = id, .kind = PeerKind::kAgent, .name = name},
        {.trace = TraceId{trace}, .connection = asked, .hops_left = 5, .milliseconds_left = 1000},
        {});
    bool denied = false;
    while (const std::optional<Wanted> wanted = host.Next()) {
      const auto* reply = std::get_if<Reply>(&*wanted);
      denied = denied || (reply != nullptr && std::holds_alternative<Deny>(reply->message));
    }
    return denied;
  };
  CHECK_FALSE(is_denied(1, "greedy", 1));
  CHECK_FALSE(is_denied(1, "greedy", 2));
  CHECK(is_denied(1, "greedy", 3));
  CHECK(is_denied(2, "greedy", 4));  // by another link
  CHECK_FALSE(is_denied(3, "modest", 5));
}

TEST_CASE("a trace has its deadline, and what was found by then is told") {
  RoundLimits limits;
  limits.deadline = PacketDelta::FromMilliseconds(300);
  SimulatedSite site(limits);
  site.of(1).answers = false;
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3}));
  CHECK(result.done->end == End::kTime);
  CHECK(result.hops.size() == 2);
  CHECK(result.took <= std::chrono::milliseconds(300));
}

TEST_CASE("a rule can end a trace, have a record saved, and is named in the log") {
  SimulatedSite site;
  Rule rule;
  rule.name = "backup runs by itself";
  rule.events = {Event::kLooked};
  rule.users = {"alice"};
  rule.actions = {Action::kFinish, Action::kStopSv};
  site.rules.insert(site.rules.begin(), rule);
  const SimulatedSite::Result result = site.Trace(site.AddChain({1, 2, 3}));
  CHECK(result.done->end == End::kRefused);
  CHECK(result.hops.size() == 1);
  CHECK(result.records.size() == 1);
  CHECK(Says(result, "rule \"backup runs by itself\""));
}

}  // namespace cairn::tracing
