// SPDX-License-Identifier: BSD-3-Clause
// A host can lie about itself and about nothing else.
#include "traceback/tracing/trust/check_fact.h"

#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/trust/trust_rig.h"

namespace cairn::tracing {
namespace {

using testing::KeyKind;
using testing::TestAuthority;
using testing::TestCertificate;

constexpr TraceId kCheckFactTrace = {1, 2, 3};

Fact OfHost() {
  return {.trace = kCheckFactTrace,
          .host = "b",
          .time = Now(),
          .asked = Between("10.0.0.2", 40000, "10.0.0.3", 22),
          .finding = Finding::kUpstream,
          .upstream = Between("10.0.0.2", 22, "10.0.0.1", 50000)};
}

struct CheckFactRig {
  TestAuthority authority;
  TestCertificate host = authority.IssueHost("b.example.org", {"10.0.0.2", "2001:db8::2"});
  Trust trust = TrustIn(authority.pem());

  absl::Status Check(const Fact& fact, PacketTime now = Now()) {
    const auto checked = CheckFact(trust, Signed(fact, host), kCheckFactTrace, now);
    if (!checked.ok()) CHECK(checked.status().code() == absl::StatusCode::kPermissionDenied);
    return checked.status();
  }
};

TEST_CASE("what a host signs of itself is proven") {
  CheckFactRig rig;
  const auto checked = CheckFact(rig.trust, Signed(OfHost(), rig.host), kCheckFactTrace, Now());
  REQUIRE(checked.ok());
  CHECK(checked->fact == OfHost());
  CHECK(checked->identity.name == "b.example.org");
}

TEST_CASE("every kind of key can sign facts") {
  CheckFactRig rig;
  for (const KeyKind kind : {KeyKind::kRsa2048, KeyKind::kEd25519}) {
    rig.host = rig.authority.IssueHost("b.example.org", {"10.0.0.2"}, kind);
    CHECK(rig.Check(OfHost()).ok());
  }
}

TEST_CASE("a host cannot speak of another's addresses") {
  CheckFactRig rig;
  Fact fact = OfHost();
  SECTION("of the connection asked about") {
    fact.asked = Between("10.0.0.9", 40000, "10.0.0.3", 22);
    CHECK_FALSE(rig.Check(fact).ok());
  }
  SECTION("of the one before") {
    fact.upstream = Between("10.0.0.9", 22, "10.0.0.1", 50000);
    CHECK_FALSE(rig.Check(fact).ok());
  }
  SECTION("in a link, either side") {
    const Link good{.outbound = Between("10.0.0.2", 1, "10.0.0.9", 22),
                    .inbound = Between("2001:db8::2", 22, "2001:db8::9", 2)};
    fact.links = {good};
    CHECK(rig.Check(fact).ok());
    fact.links = {good, {.outbound = good.outbound.Reversed(), .inbound = good.inbound}};
    CHECK_FALSE(rig.Check(fact).ok());
    fact.links = {good, {.outbound = good.outbound, .inbound = good.inbound.Reversed()}};
    CHECK_FALSE(rig.Check(fact).ok());
  }
  SECTION("with a certificate that has no address") {
    rig.host = rig.authority.IssueHost("b.example.org", {});
    CHECK_FALSE(rig.Check(fact).ok());
  }
}

TEST_CASE("what stays within the host is its own") {
  CheckFactRig rig;
  Fact fact = OfHost();
  fact.upstream = Between("127.0.0.1", 22, "127.0.0.1", 40000);
  CHECK(rig.Check(fact).ok());
  fact.upstream = Between("::1", 22, "10.0.0.2", 40000);
  CHECK(rig.Check(fact).ok());
  // From loopback nobody else can be reached.
  fact.upstream = Between("127.0.0.1", 22, "10.0.0.1", 40000);
  CHECK_FALSE(rig.Check(fact).ok());
}

TEST_CASE("a fact contradicts itself if it has a connection before and says otherwise") {
  CheckFactRig rig;
  Fact fact = OfHost();
  fact.finding = Finding::kConsole;
  CHECK_FALSE(rig.Check(fact).ok());
  fact.upstream.reset();
  CHECK(rig.Check(fact).ok());
  fact.finding = Finding::kUpstream;
  CHECK_FALSE(rig.Check(fact).ok());
}

TEST_CASE("old facts and those of other traces prove nothing") {
  CheckFactRig rig;
  const SignedFact fact = Signed(OfHost(), rig.host);
  CHECK_FALSE(CheckFact(rig.trust, fact, TraceId{9}, Now()).ok());
  CHECK(rig.Check(OfHost(), Now() + kMostSkew).ok());
  CHECK(rig.Check(OfHost(), Now() - kMostSkew).ok());
  const PacketDelta instant = PacketDelta::FromNanoseconds(1);
  CHECK_FALSE(rig.Check(OfHost(), Now() + kMostSkew + instant).ok());
  CHECK_FALSE(rig.Check(OfHost(), Now() - kMostSkew - instant).ok());
}

TEST_CASE("a fact is as the host signed it") {
  CheckFactRig rig;
  const SignedFact good = Signed(OfHost(), rig.host);
  SignedFact bad = good;
  Fact other = OfHost();
  other.host = "c";
  bad.fact = EncodeFact(other);
  CHECK_FALSE(CheckFact(rig.trust, bad, kCheckFactTrace, Now()).ok());
  bad = good;
  bad.signature[8] = static_cast<char>(bad.signature[8] ^ 1);
  CHECK_FALSE(CheckFact(rig.trust, bad, kCheckFactTrace, Now()).ok());
  // A signature of the same bytes for something else.
  bad = good;
  bad.signature = rig.host.key.Sign(good.fact);
  CHECK_FALSE(CheckFact(rig.trust, bad, kCheckFactTrace, Now()).ok());
  // What is signed and is no fact.
  bad = good;
  bad.fact = "garbage";
  bad.signature = rig.host.key.Sign(std::string(kFactPrefix) + bad.fact);
  CHECK_FALSE(CheckFact(rig.trust, bad, kCheckFactTrace, Now()).ok());
  // Another host's certificate beside it.
  bad = good;
  bad.certificate = rig.authority.IssueHost("b.example.org", {"10.0.0.2"}).der;
  CHECK_FALSE(CheckFact(rig.trust, bad, kCheckFactTrace, Now()).ok());
}

TEST_CASE("only hosts that are believed and may answer prove anything") {
  CheckFactRig rig;
  Distrust why = Distrust::kNone;
  const SignedFact fact = Signed(OfHost(), rig.host);
  REQUIRE(rig.trust.TakeRevocations(rig.authority.List({.revoked = {{.serial = rig.host.serial}}}))
              .value());
  CHECK_FALSE(CheckFact(rig.trust, fact, kCheckFactTrace, Now(), &why).ok());
  CHECK(why == Distrust::kRevoked);

  const TestCertificate asker =
      rig.authority.Issue({.names = "DNS:sensor.example.org,IP:10.0.0.2", .use = "clientAuth"});
  CHECK_FALSE(CheckFact(rig.trust, Signed(OfHost(), asker), kCheckFactTrace, Now(), &why).ok());
  CHECK(why == Distrust::kWrongUse);

  const TestCertificate stranger = TestAuthority("Other").IssueHost("b.example.org", {"10.0.0.2"});
  CHECK_FALSE(CheckFact(rig.trust, Signed(OfHost(), stranger), kCheckFactTrace, Now(), &why).ok());
  CHECK(why == Distrust::kForged);

  // A lie is no fault of the certificate.
  rig.host = rig.authority.IssueHost("b.example.org", {"10.0.0.2"});
  CHECK_FALSE(CheckFact(rig.trust, Signed(OfHost(), rig.host), TraceId{}, Now(), &why).ok());
  CHECK(why == Distrust::kNone);
}

}  // namespace
}  // namespace cairn::tracing
