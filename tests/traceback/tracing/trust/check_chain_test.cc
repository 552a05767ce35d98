// SPDX-License-Identifier: BSD-3-Clause
// A finished chain is proven as a whole, at its own time.
#include <map>

#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/trust/trust_rig.h"
#include "traceback/tracing/trust/check_fact.h"

namespace cairn::tracing {
namespace {

using testing::TestAuthority;
using testing::TestCertificate;

constexpr TraceId kTrace = {4, 5, 6};

std::string AddressOf(int host) { return "10.0.0." + std::to_string(host); }

// Hosts 1, 2, 3 ...; connection n goes from one host's port 40000 + n to another's port 22.
struct Rig {
  TestAuthority authority;
  std::map<int, TestCertificate> hosts = {};
  Trust trust = TrustIn(authority.pem());

  const TestCertificate& Host(int number) {
    const auto at = hosts.find(number);
    if (at != hosts.end()) return at->second;
    return hosts[number] = authority.IssueHost("h" + std::to_string(number), {AddressOf(number)});
  }
  static Connection Out(int from, int to, int number) {
    return Between(AddressOf(from), static_cast<uint16_t>(40000 + number), AddressOf(to), 22);
  }
  // Says of a connection to `next` that one from `before` drives it; 0: a console.
  Fact Says(int host, int next, int number, int before, int before_number) {
    Fact fact{.trace = kTrace,
              .host = "h" + std::to_string(host),
              .time = Now(),
              .asked = Out(host, next, number),
              .finding = Finding::kConsole};
    if (before != 0) {
      fact.finding = Finding::kUpstream;
      fact.upstream = Out(before, host, before_number).Reversed();
    }
    return fact;
  }
  Chain Of(const std::vector<std::pair<int, Fact>>& hops, int origin = 1) {
    Chain chain{.trace = kTrace,
                .origin = AgentIdOf("h" + std::to_string(origin)),
                .origin_name = "h" + std::to_string(origin),
                .sequence = 1,
                .time = Now(),
                .asked = hops.empty() ? Out(2, 1, 1) : hops.front().second.asked,
                .end = End::kConsole};
    for (const auto& [host, fact] : hops) chain.hops.push_back(Signed(fact, Host(host)));
    SignChain(chain, Host(origin));
    return chain;
  }
  // 1 <- 2 <- 3 <- 4, whose user sits there.
  Chain Straight() {
    return Of({{2, Says(2, 1, 1, 3, 2)}, {3, Says(3, 2, 2, 4, 3)}, {4, Says(4, 3, 3, 0, 0)}});
  }
};

TEST_CASE("a chain whose hops follow one another is proven") {
  Rig rig;
  CHECK(CheckChain(rig.trust, rig.Straight()).ok());
}

TEST_CASE("a chain may begin at its target itself, and may have no hops") {
  Rig rig;
  Fact first{.trace = kTrace,
             .host = "h1",
             .time = Now(),
             .asked = Rig::Out(2, 1, 1).Reversed(),
             .asked_is_inbound = true,
             .finding = Finding::kUpstream,
             .upstream = Rig::Out(2, 1, 1).Reversed()};
  CHECK(CheckChain(rig.trust, rig.Of({{1, first}, {2, rig.Says(2, 1, 1, 0, 0)}})).ok());
  first.finding = Finding::kProcess;
  first.upstream.reset();
  CHECK(CheckChain(rig.trust, rig.Of({{1, first}, {2, rig.Says(2, 1, 1, 0, 0)}})).ok());
  first.asked_is_inbound = false;
  CHECK_FALSE(CheckChain(rig.trust, rig.Of({{1, first}, {2, rig.Says(2, 1, 1, 0, 0)}})).ok());

  Chain none = rig.Of({});
  none.end = End::kSilent;
  SignChain(none, rig.Host(1));
  CHECK(CheckChain(rig.trust, none).ok());
}

TEST_CASE("a chain with a hop that nothing leads to is broken") {
  Rig rig;
  const Fact second = rig.Says(2, 1, 1, 3, 2);
  const Fact third = rig.Says(3, 2, 2, 4, 3);
  const Fact fourth = rig.Says(4, 3, 3, 0, 0);
  CHECK_FALSE(CheckChain(rig.trust, rig.Of({{2, second}, {4, fourth}})).ok());
  CHECK_FALSE(CheckChain(rig.trust, rig.Of({{3, third}, {2, second}, {4, fourth}})).ok());
  CHECK_FALSE(CheckChain(rig.trust, rig.Of({{2, rig.Says(2, 1, 1, 0, 0)}, {3, third}})).ok());
  // Another connection of the same hosts.
  CHECK_FALSE(
      CheckChain(rig.trust, rig.Of({{2, second}, {3, rig.Says(3, 2, 9, 4, 3)}, {4, fourth}})).ok());
}

TEST_CASE("a circle that is left out has to be told by links of the hosts in the chain") {
  Rig rig;
  // 1 <- 2 <- 3 <- 2 <- 3 <- 4: asked is only once round.
  Fact second = rig.Says(2, 1, 1, 3, 2);
  Fact third = rig.Says(3, 2, 2, 2, 3);
  const Fact fourth = rig.Says(4, 3, 5, 0, 0);
  second.links = {{.outbound = Rig::Out(2, 3, 3), .inbound = Rig::Out(3, 2, 4).Reversed()}};
  third.links = {{.outbound = Rig::Out(3, 2, 4), .inbound = Rig::Out(4, 3, 5).Reversed()}};
  CHECK(CheckChain(rig.trust, rig.Of({{2, second}, {3, third}, {4, fourth}})).ok());

  SECTION("all of them") {
    Fact without = third;
    without.links.clear();
    CHECK_FALSE(CheckChain(rig.trust, rig.Of({{2, second}, {3, without}, {4, fourth}})).ok());
  }
  SECTION("by the host that has them") {
    Fact liar = second;
    liar.links.push_back(third.links.front());
    Fact without = third;
    without.links.clear();
    CHECK_FALSE(CheckChain(rig.trust, rig.Of({{2, liar}, {3, without}, {4, fourth}})).ok());
  }
  SECTION("and they may lead round for ever") {
    third.links.front().inbound = Rig::Out(2, 3, 3).Reversed();
    CHECK_FALSE(CheckChain(rig.trust, rig.Of({{2, second}, {3, third}, {4, fourth}})).ok());
  }
}

TEST_CASE("a way over loopback stays on its host") {
  Rig rig;
  const Connection inside = Between("127.0.0.1", 22, "127.0.0.1", 40000);
  Fact second = rig.Says(2, 1, 1, 3, 2);
  second.upstream = inside;
  Fact within = rig.Says(2, 1, 1, 3, 2);
  within.asked = inside.Reversed();
  Fact elsewhere = rig.Says(3, 1, 1, 4, 2);
  elsewhere.asked = inside.Reversed();
  CHECK(
      CheckChain(rig.trust, rig.Of({{2, second}, {2, within}, {3, rig.Says(3, 2, 2, 0, 0)}})).ok());
  CHECK_FALSE(
      CheckChain(rig.trust, rig.Of({{2, second}, {3, elsewhere}, {4, rig.Says(4, 3, 2, 0, 0)}}))
          .ok());
}

TEST_CASE("a chain is what its origin has signed") {
  Rig rig;
  const Chain good = rig.Straight();
  Chain bad = good;
  bad.reason = "another";
  CHECK_FALSE(CheckChain(rig.trust, bad).ok());
  bad = good;
  bad.hops.pop_back();
  CHECK_FALSE(CheckChain(rig.trust, bad).ok());
  bad = good;
  bad.origin = AgentIdOf("h3");
  SignChain(bad, rig.Host(1));
  CHECK_FALSE(CheckChain(rig.trust, bad).ok());
  bad = good;
  bad.origin_name = "h3";
  SignChain(bad, rig.Host(1));
  CHECK_FALSE(CheckChain(rig.trust, bad).ok());
  bad = good;
  bad.asked = Rig::Out(3, 1, 1);
  SignChain(bad, rig.Host(1));
  CHECK_FALSE(CheckChain(rig.trust, bad).ok());
  bad = good;
  bad.trace = TraceId{7};
  SignChain(bad, rig.Host(1));
  CHECK_FALSE(CheckChain(rig.trust, bad).ok());
}

TEST_CASE("an origin that the last host does not know of is not believed") {
  Rig rig;
  Chain chain = rig.Straight();
  chain.end = End::kProcess;
  SignChain(chain, rig.Host(1));
  CHECK_FALSE(CheckChain(rig.trust, chain).ok());
  Chain cut = rig.Of({{2, rig.Says(2, 1, 1, 3, 2)}});
  CHECK_FALSE(CheckChain(rig.trust, cut).ok());
  cut.end = End::kSilent;
  SignChain(cut, rig.Host(1));
  CHECK(CheckChain(rig.trust, cut).ok());
}

TEST_CASE("a chain is looked at as of its own time") {
  Rig rig;
  rig.hosts[3] =
      rig.authority.Issue({.common_name = "h3", .names = "IP:10.0.0.3", .until = kNowSeconds + 10});
  const Chain chain = rig.Straight();
  // A year later the certificate of one host has expired.
  CHECK(CheckChain(rig.trust, chain, At(kNowSeconds + 365 * 86400)).ok());
  CHECK_FALSE(CheckChain(rig.trust, chain, Now() - kMostSkew - PacketDelta::FromSeconds(1)).ok());

  SECTION("who was revoked afterwards was not yet") {
    REQUIRE(rig.trust
                .TakeRevocations(rig.authority.List(
                    {.revoked = {{.serial = rig.Host(3).serial, .since = kNowSeconds + 1}}}))
                .value());
    CHECK(CheckChain(rig.trust, chain).ok());
  }
  SECTION("who was revoked before is not believed, nor is an origin") {
    const int revoked = GENERATE(1, 3);
    REQUIRE(rig.trust
                .TakeRevocations(rig.authority.List(
                    {.revoked = {{.serial = rig.Host(revoked).serial, .since = kNowSeconds}}}))
                .value());
    CHECK_FALSE(CheckChain(rig.trust, chain).ok());
  }
  SECTION("facts of another time are not of this chain") {
    Chain later = chain;
    later.time = later.time + kMostSkew + PacketDelta::FromSeconds(1);
    SignChain(later, rig.Host(1));
    CHECK_FALSE(CheckChain(rig.trust, later).ok());
  }
}

TEST_CASE("a chain that is too long is none") {
  Rig rig;
  Chain chain = rig.Straight();
  chain.hops.resize(kMostHops + 1, chain.hops.front());
  CHECK(CheckChain(rig.trust, chain).code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::tracing
