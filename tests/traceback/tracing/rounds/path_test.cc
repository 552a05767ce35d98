// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rounds/path.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn::tracing {
namespace {

Endpoint At(uint32_t host, uint16_t port) {
  return {.ip = IpAddress::FromV4(0x0a000000U | host), .port = port};
}

Path PathFrom(const Connection& asked, bool is_inbound, uint32_t max_hops = 64) {
  return Path(asked, is_inbound, max_hops,
              {.is_own = [](const IpAddress& ip) { return ip == At(1, 0).ip; },
               .may_be_asked = [](const IpAddress& ip) { return ip.low() % 256 < 100; }});
}

Fact Upstream(const Connection& asked, const Connection& inbound) {
  return {.asked = asked, .finding = Finding::kUpstream, .upstream = inbound};
}

bool Take(Path& path, const Fact& fact) { return path.Take({.fact = fact, .identity = {}}, {}); }

}  // namespace

TEST_CASE("a path begins at this host, and asks the next one about the other end") {
  const Connection inbound = {.local = At(1, 22), .remote = At(2, 4000)};
  Path path = PathFrom(inbound, true);
  Path::Next next = path.Follow();
  CHECK(next.kind == Path::Next::Kind::kLook);
  CHECK(next.is_inbound);
  REQUIRE(Take(path, Upstream(inbound, inbound)));
  next = path.Follow();
  CHECK(next.kind == Path::Next::Kind::kAsk);
  CHECK(next.connection == inbound.Reversed());
  CHECK_FALSE(next.is_inbound);
  CHECK(path.length() == 1);
}

TEST_CASE("facts about other connections are not taken") {
  const Connection inbound = {.local = At(1, 22), .remote = At(2, 4000)};
  Path path = PathFrom(inbound, true);
  const Connection other = {.local = At(1, 22), .remote = At(2, 4001)};
  CHECK_FALSE(Take(path, Upstream(other, other)));
  CHECK(path.hops().empty());
}

TEST_CASE("a link leads on without a question, and the first word about it counts") {
  const Connection asked = {.local = At(2, 4000), .remote = At(1, 22)};
  Path path = PathFrom(asked, false);
  const Connection inbound = {.local = At(2, 22), .remote = At(3, 5000)};
  // The session passes host 2 again, by a connection that the first fact has told of.
  const Connection again = {.local = At(2, 4001), .remote = At(3, 22)};
  Fact fact = Upstream(asked, inbound);
  fact.links = {{.outbound = again, .inbound = {.local = At(2, 22), .remote = At(4, 1)}},
                {.outbound = again, .inbound = {.local = At(2, 22), .remote = At(9, 1)}}};
  REQUIRE(Take(path, fact));
  REQUIRE(path.Follow().connection == inbound.Reversed());
  REQUIRE(Take(path, Upstream(inbound.Reversed(), again.Reversed())));
  CHECK(path.Follow().connection.local == At(4, 1));
  CHECK(path.hops().size() == 2);
}

TEST_CASE("a fact about another connection is not taken for a link of it") {
  const Connection asked = {.local = At(2, 4000), .remote = At(1, 22)};
  Path path = PathFrom(asked, false);
  CHECK_FALSE(Take(path, {.asked = {.local = At(2, 9), .remote = At(8, 22)},
                          .finding = Finding::kConsole,
                          .links = {{.outbound = asked,
                                     .inbound = {.local = At(2, 22), .remote = At(3, 5000)}}}}));
  CHECK(path.hops().empty());
  CHECK(path.Follow().connection == asked);
}

TEST_CASE("what a link is not sure of, the host itself is asked") {
  const Connection asked = {.local = At(2, 4000), .remote = At(1, 22)};
  Path path = PathFrom(asked, false);
  const Connection inbound = {.local = At(2, 22), .remote = At(3, 5000)};
  const Connection other = {.local = At(2, 9), .remote = At(8, 22)};
  CHECK_FALSE(Take(path, {.asked = other,
                          .finding = Finding::kConsole,
                          .links = {{.outbound = asked, .inbound = inbound, .sure = false}}}));
  REQUIRE(Take(path, {.asked = asked,
                      .finding = Finding::kUpstream,
                      .upstream = Connection{.local = At(2, 22), .remote = At(4, 1)},
                      .links = {{.outbound = {.local = At(4, 1), .remote = At(2, 22)},
                                 .inbound = inbound,
                                 .sure = false}}}));
  const Path::Next next = path.Follow();
  CHECK(next.kind == Path::Next::Kind::kAsk);
  CHECK(next.connection.local == At(4, 1));
}

TEST_CASE("a path ends at an address that every host has: nobody else's facts belong there") {
  const Connection asked = {.local = At(2, 4000), .remote = At(1, 22)};
  Path path = PathFrom(asked, false);
  const Endpoint loopback = {.ip = *IpAddress::Parse("127.0.0.1"), .port = 5000};
  const Connection inside = {.local = {.ip = loopback.ip, .port = 22}, .remote = loopback};
  REQUIRE(Take(path, Upstream(asked, inside)));
  CHECK(path.Follow().kind == Path::Next::Kind::kEnd);
  CHECK(path.Follow().end == End::kNotKnown);
  CHECK_FALSE(Take(path, Upstream(inside.Reversed(), {.local = At(5, 22), .remote = At(6, 1)})));
  CHECK(path.hops().size() == 1);
}

TEST_CASE("a path that comes to the same connection again has no beginning") {
  const Connection asked = {.local = At(2, 4000), .remote = At(1, 22)};
  Path path = PathFrom(asked, false);
  const Connection first = {.local = At(2, 22), .remote = At(3, 5000)};
  REQUIRE(Take(path, Upstream(asked, first)));
  REQUIRE(Take(path, Upstream(first.Reversed(), {.local = At(3, 22), .remote = At(2, 4000)})));
  // Host 2 says of the connection to host 3 what it said of the one to host 1.
  REQUIRE(Take(path, Upstream({.local = At(2, 4000), .remote = At(3, 22)}, first)));
  const Path::Next next = path.Follow();
  CHECK(next.kind == Path::Next::Kind::kEnd);
  CHECK(next.end == End::kLoop);
}

TEST_CASE("a path ends where nobody may be asked, and at its limit") {
  const Connection asked = {.local = At(2, 4000), .remote = At(1, 22)};
  Path outside = PathFrom(asked, false);
  REQUIRE(Take(outside, Upstream(asked, {.local = At(2, 22), .remote = At(200, 5000)})));
  CHECK(outside.Follow().end == End::kOutside);

  Path limited = PathFrom(asked, false, 1);
  const Connection first = {.local = At(2, 22), .remote = At(3, 5000)};
  REQUIRE(Take(limited, Upstream(asked, first)));
  REQUIRE(Take(limited, Upstream(first.Reversed(), {.local = At(3, 22), .remote = At(4, 1)})));
  CHECK(limited.Follow().end == End::kHops);
}

TEST_CASE("a path takes as many bytes as a chain may have") {
  Path path = PathFrom({.local = At(2, 4000), .remote = At(1, 22)}, false);
  const SignedFact large = {.fact = std::string(kMostChainBytes / 4, 'x')};
  Connection asked = {.local = At(2, 4000), .remote = At(1, 22)};
  size_t taken = 0;
  for (uint16_t i = 0; i < 10; ++i) {
    const Connection inbound = {.local = At(2, 22), .remote = At(2, static_cast<uint16_t>(50 + i))};
    if (!path.Take({.fact = Upstream(asked, inbound), .identity = {}}, large)) break;
    asked = inbound.Reversed();
    ++taken;
  }
  CHECK(taken == 4);
}

TEST_CASE("what a finding means for the chain") {
  CHECK(EndOfFinding(Finding::kConsole) == End::kConsole);
  CHECK(EndOfFinding(Finding::kProcess) == End::kProcess);
  CHECK(EndOfFinding(Finding::kNoSuchConnection) == End::kClosed);
  CHECK(EndOfFinding(Finding::kNotKnown) == End::kNotKnown);
  CHECK(EndOfFinding(Finding::kFailed) == End::kNotKnown);
}

}  // namespace cairn::tracing
