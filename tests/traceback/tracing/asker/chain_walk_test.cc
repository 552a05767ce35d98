// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/chain_walk.h"

#include "catch2/catch.hpp"

#include "tests/traceback/tracing/asker/facts.h"

namespace cairn::tracing {
namespace {

using samples::Ends;
using samples::Ip;
using samples::Relays;
using samples::Site;
using samples::Way;
using Fit = ChainWalk::Fit;

// The last host of all chains here is 3, whose connection to a host outside is asked about.
const Connection kAsked = Way(3, 200);

ChainWalk::Target At(int host, const Connection& connection) {
  return {.host = Ip(host), .connection = connection};
}

ChainWalk Asked(uint32_t most_hops = kMostHops) {
  ChainWalk walk(kAsked, Site(), most_hops);
  REQUIRE(walk.ToAsk() == At(3, kAsked));
  walk.Asking();
  REQUIRE_FALSE(walk.ToAsk().has_value());
  return walk;
}

TEST_CASE("an answer that comes whole is the chain, and nobody else is asked") {
  ChainWalk walk = Asked();
  CHECK(walk.Take(Relays(3, kAsked, Way(2, 3))) == Fit::kJoins);
  CHECK(walk.Take(Relays(2, Way(2, 3), Way(1, 2))) == Fit::kJoins);
  CHECK_FALSE(walk.end().has_value());
  CHECK(walk.Take(Ends(1, Way(1, 2))) == Fit::kJoins);
  CHECK(walk.end() == End::kConsole);
  walk.AnswerEnded(End::kConsole);
  CHECK(walk.end() == End::kConsole);
  CHECK(walk.hops().size() == 3);
  CHECK_FALSE(walk.ToAsk().has_value());
  CHECK_FALSE(walk.beyond().has_value());
}

TEST_CASE("each finding that leads no further is its own end") {
  const auto end_by = [](Finding finding) {
    ChainWalk walk = Asked();
    walk.Take(Ends(3, kAsked, finding));
    return walk.end();
  };
  CHECK(end_by(Finding::kConsole) == End::kConsole);
  CHECK(end_by(Finding::kProcess) == End::kProcess);
  CHECK(end_by(Finding::kNotKnown) == End::kNotKnown);
  CHECK(end_by(Finding::kFailed) == End::kNotKnown);
  CHECK(end_by(Finding::kNoSuchConnection) == End::kClosed);
  CHECK(end_by(Finding::kUpstream) == End::kUnproven);  // and names none
}

TEST_CASE("when an agent dies, the host that its last hop leads to is asked") {
  ChainWalk walk = Asked();
  walk.Take(Relays(3, kAsked, Way(2, 3)));
  walk.AnswerBroke(End::kSilent);
  CHECK_FALSE(walk.end().has_value());
  CHECK(walk.ToAsk() == At(2, Way(2, 3)));
  walk.Asking();
  walk.AnswerBroke(End::kNoAgent);
  CHECK(walk.end() == End::kNoAgent);
  CHECK(walk.beyond() == Way(2, 3));
  CHECK(walk.hops().size() == 1);
}

TEST_CASE("when the first host does not answer, that is the end") {
  ChainWalk walk = Asked();
  walk.AnswerBroke(End::kRefused);
  CHECK(walk.end() == End::kRefused);
  CHECK(walk.hops().empty());
  CHECK_FALSE(walk.beyond().has_value());
}

TEST_CASE("an answer without an end is gone on from") {
  ChainWalk walk = Asked();
  walk.Take(Relays(3, kAsked, Way(2, 3)));
  walk.AnswerEnded(std::nullopt);
  CHECK(walk.ToAsk() == At(2, Way(2, 3)));
}

TEST_CASE("what an answer says of the next host is believed only where that host cannot be asked") {
  ChainWalk inside = Asked();
  inside.Take(Relays(3, kAsked, Way(2, 3)));
  inside.AnswerEnded(End::kNoAgent);
  CHECK(inside.ToAsk() == At(2, Way(2, 3)));

  const Connection far = {.local = {*IpAddress::Parse("192.0.2.7"), 40000}, .remote = {Ip(3), 22}};
  for (const End said : {End::kOutside, End::kNoAgent, End::kSilent}) {
    ChainWalk outside = Asked();
    outside.Take(Relays(3, kAsked, far));
    outside.AnswerEnded(said);
    CHECK(outside.end() == said);
    CHECK(outside.beyond() == far);
  }
}

TEST_CASE("an answer cannot claim a root that no fact shows") {
  const Connection far = {.local = {*IpAddress::Parse("192.0.2.7"), 40000}, .remote = {Ip(3), 22}};
  for (const End said : {End::kConsole, End::kProcess, End::kClosed, End::kNotKnown}) {
    ChainWalk walk = Asked();
    walk.Take(Relays(3, kAsked, far));
    walk.AnswerEnded(said);
    CHECK(walk.end() == End::kOutside);
  }
  ChainWalk nothing = Asked();
  nothing.AnswerEnded(End::kConsole);
  CHECK(nothing.end() == End::kUnproven);
}

TEST_CASE("a fact that nothing leads to waits until something does") {
  ChainWalk walk = Asked();
  walk.Take(Relays(3, kAsked, Way(2, 3)));
  // Host 2's own word was not believed, or got lost.
  CHECK(walk.Take(Ends(1, Way(1, 2))) == Fit::kUnrelated);
  CHECK(walk.hops().size() == 1);
  walk.AnswerEnded(End::kConsole);
  REQUIRE(walk.ToAsk() == At(2, Way(2, 3)));
  walk.Asking();
  CHECK(walk.Take(Relays(2, Way(2, 3), Way(1, 2))) == Fit::kJoins);
  CHECK(walk.hops().size() == 3);
  CHECK(walk.end() == End::kConsole);
}

TEST_CASE(
    "a fact about another connection does not begin a chain, and its teller is not asked again") {
  ChainWalk walk = Asked();
  CHECK(walk.Take(Ends(3, Way(3, 201))) == Fit::kUnrelated);
  walk.AnswerEnded(End::kConsole);
  CHECK(walk.end() == End::kUnproven);
  CHECK(walk.hops().empty());
}

TEST_CASE("further rounds of a circle are followed by links, without a question") {
  // 1 -> 2 -> 3 -> 2 -> 3 -> ...: five times between 2 and 3.
  const auto port = [](int round) { return static_cast<uint16_t>(40000 + round); };
  ChainWalk walk(Way(3, 200), Site(), kMostHops);
  walk.Asking();
  CheckedFact three = Relays(3, Way(3, 200), Way(2, 3, port(5)));
  CheckedFact two = Relays(2, Way(2, 3, port(5)), Way(3, 2, port(5)));
  for (int round = 5; round > 1; --round) {
    three.fact.links.push_back(
        {.outbound = Way(3, 2, port(round)), .inbound = Way(2, 3, port(round - 1)).Reversed()});
    two.fact.links.push_back(
        {.outbound = Way(2, 3, port(round - 1)),
         .inbound = (round > 2 ? Way(3, 2, port(round - 1)) : Way(1, 2)).Reversed()});
  }
  CHECK(walk.Take(three) == Fit::kJoins);
  CHECK(walk.Take(two) == Fit::kJoins);
  CHECK(walk.rounds_collapsed() == 8);
  CHECK_FALSE(walk.end().has_value());
  CHECK(walk.Take(Ends(1, Way(1, 2))) == Fit::kJoins);
  CHECK(walk.hops().size() == 3);
  CHECK(walk.end() == End::kConsole);
}

TEST_CASE("a chain that leads back into itself ends as a loop") {
  ChainWalk by_facts = Asked();
  by_facts.Take(Relays(3, kAsked, Way(2, 3)));
  by_facts.Take(Relays(2, Way(2, 3), kAsked));
  CHECK(by_facts.end() == End::kLoop);

  ChainWalk by_links = Asked();
  CheckedFact fact = Relays(3, kAsked, Way(2, 3));
  // Two links that are each other's way in.
  fact.fact.links = {{.outbound = Way(2, 3), .inbound = Way(2, 3, 2).Reversed()},
                     {.outbound = Way(2, 3, 2), .inbound = Way(2, 3).Reversed()}};
  by_links.Take(fact);
  CHECK(by_links.end() == End::kLoop);
}

TEST_CASE("a chain ends at its limit of hops, and not before") {
  for (const uint32_t most : {2U, 3U}) {
    ChainWalk walk = Asked(most);
    walk.Take(Relays(3, kAsked, Way(2, 3)));
    walk.Take(Relays(2, Way(2, 3), Way(1, 2)));
    walk.Take(Ends(1, Way(1, 2)));
    CHECK(walk.end() == (most == 2 ? End::kHops : End::kConsole));
    CHECK(walk.hops().size() == most);
  }
  ChainWalk broken = Asked(1);
  broken.Take(Relays(3, kAsked, Way(2, 3)));
  broken.AnswerBroke(End::kSilent);
  CHECK(broken.end() == End::kHops);
}

TEST_CASE("facts that lead nowhere are kept up to a bound") {
  ChainWalk walk = Asked();
  for (uint16_t i = 1; i <= kMostHops; ++i) {
    CHECK(walk.Take(Ends(9, Way(9, 8, i))) == Fit::kUnrelated);
  }
  CHECK(walk.Take(Ends(9, Way(9, 8, 30000))) == Fit::kOver);
}

TEST_CASE("a fact that is known counts once") {
  ChainWalk walk = Asked();
  walk.Take(Relays(3, kAsked, Way(2, 3)));
  CHECK(walk.Take(Ends(3, kAsked)) == Fit::kRepeated);
  CHECK_FALSE(walk.end().has_value());
  CHECK(walk.hops().size() == 1);
}

TEST_CASE("through loopback the same host is asked, and such addresses tell no two hosts apart") {
  const auto loop = [](uint16_t port) {
    return Connection{.local = {*IpAddress::Parse("127.0.0.1"), port},
                      .remote = {*IpAddress::Parse("127.0.0.1"), 22}};
  };
  ChainWalk walk = Asked();
  CheckedFact three = Relays(3, kAsked, loop(5000));
  three.identity.id = {3};
  walk.Take(three);
  walk.AnswerEnded(std::nullopt);
  REQUIRE(walk.ToAsk() == At(3, loop(5000)));
  walk.Asking();
  CheckedFact other = Ends(2, loop(5000));
  other.identity.id = {2};
  CHECK(walk.Take(other) == Fit::kUnrelated);
  CheckedFact same = Relays(3, loop(5000), Way(2, 3));
  same.identity.id = {3};
  CHECK(walk.Take(same) == Fit::kJoins);
  walk.AnswerEnded(std::nullopt);
  CHECK(walk.ToAsk() == At(2, Way(2, 3)));
}

TEST_CASE("a trace that begins at its target goes to who opened the connection") {
  const Connection way_in = Way(2, 3).Reversed();
  ChainWalk walk(way_in, Site(), kMostHops);
  walk.Asking();
  CheckedFact target = Ends(3, way_in, Finding::kUpstream);
  target.fact.asked_is_inbound = true;
  CHECK(walk.Take(target) == Fit::kJoins);
  walk.AnswerEnded(std::nullopt);
  CHECK(walk.ToAsk() == At(2, Way(2, 3)));
}

TEST_CASE("addresses that a socket shows as mapped are the same") {
  ChainWalk walk = Asked();
  Connection mapped = Way(2, 3);
  mapped.local.ip = *IpAddress::Parse("::ffff:10.0.0.2");
  mapped.remote.ip = *IpAddress::Parse("::ffff:10.0.0.3");
  walk.Take(Relays(3, kAsked, mapped));
  CHECK(walk.Take(Ends(2, Way(2, 3))) == Fit::kJoins);
  CHECK(walk.end() == End::kConsole);
}

}  // namespace
}  // namespace cairn::tracing
