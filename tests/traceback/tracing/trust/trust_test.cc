// SPDX-License-Identifier: BSD-3-Clause
// Who is believed, for how long, and as whom.
#include "traceback/tracing/trust/trust.h"

#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/trust/trust_rig.h"

namespace cairn::tracing {
namespace {

using testing::CertificateParts;
using testing::KeyKind;
using testing::TestAuthority;
using testing::TestCertificate;
using testing::TestKey;

TEST_CASE("a certificate of the site's authority tells name, addresses and role") {
  TestAuthority authority;
  const Trust trust = TrustIn(authority.pem());
  const TestCertificate host = authority.Issue(
      {.common_name = "ignored",
       .names = "DNS:Web.Example.ORG,DNS:other,IP:192.0.2.7,IP:2001:db8::7,IP:127.0.0.1"});
  const auto identity = trust.Check(host.der, Now());
  REQUIRE(identity.ok());
  CHECK(identity->name == "web.example.org");
  CHECK(identity->id == AgentIdOf("web.example.org"));
  CHECK(identity->role == Role::kAgent);
  // Loopback is nobody's name.
  CHECK(identity->addresses == std::vector{Ip("192.0.2.7"), Ip("2001:db8::7")});
  CHECK(identity->Has(Ip("::ffff:192.0.2.7")));
  CHECK_FALSE(identity->Has(Ip("192.0.2.8")));
  CHECK(identity->not_before == At(1700000000));
  CHECK(identity->not_after == At(1900000000));
  CHECK(identity->serial == "1001");
}

TEST_CASE("without a DNS name the common name counts, without a use every use is allowed") {
  TestAuthority authority;
  const Trust trust = TrustIn(authority.pem());
  const auto identity = trust.Check(
      authority.Issue({.common_name = "Alpha", .use = "", .key_usage = "", .constraints = ""}).der,
      Now());
  REQUIRE(identity.ok());
  CHECK(identity->name == "alpha");
  CHECK(identity->role == Role::kAgent);
  CHECK(identity->addresses.empty());
}

TEST_CASE("who is a client only may ask and not answer") {
  TestAuthority authority;
  const auto identity =
      TrustIn(authority.pem()).Check(authority.Issue({.use = "clientAuth"}).der, Now());
  REQUIRE(identity.ok());
  CHECK(identity->role == Role::kAsker);
}

TEST_CASE("a certificate is believed within its life alone") {
  TestAuthority authority;
  const Trust trust = TrustIn(authority.pem());
  const std::string host = authority.Issue({.from = 1750000000, .until = 1760000000}).der;
  CHECK(ReasonOf(trust, host, At(1749999999)) == Distrust::kNotYet);
  CHECK(ReasonOf(trust, host, At(1750000000)) == Distrust::kNone);
  CHECK(ReasonOf(trust, host, At(1759999999)) == Distrust::kNone);
  CHECK(ReasonOf(trust, host, At(1760000000)) == Distrust::kExpired);
  CHECK(ReasonOf(trust, host, PacketTime::InfinitePast()) == Distrust::kNotYet);
  CHECK(ReasonOf(trust, host, PacketTime::InfiniteFuture()) == Distrust::kExpired);
}

TEST_CASE("nobody else's certificate is believed") {
  TestAuthority authority;
  const Trust trust = TrustIn(authority.pem());
  SECTION("of another authority") {
    CHECK(ReasonOf(trust, TestAuthority("Other").Issue({}).der) == Distrust::kForged);
  }
  SECTION("of another authority that calls itself the same") {
    CHECK(ReasonOf(trust, TestAuthority("Test Root").Issue({}).der) == Distrust::kForged);
  }
  SECTION("signed by itself") {
    CHECK(ReasonOf(trust, TestAuthority("host").der()) == Distrust::kForged);
  }
  SECTION("issued by a host") {
    const TestCertificate host = authority.Issue({.common_name = "host"});
    // With the host's key and name as an authority.
    TestAuthority as_authority("host");
    const std::string below = as_authority.Issue({}, host.key).der;
    CHECK(trust.Check(below, Now(), nullptr, {host.der}).ok() == false);
  }
  SECTION("with one byte changed anywhere") {
    const std::string good = authority.Issue({}).der;
    REQUIRE(ReasonOf(trust, good) == Distrust::kNone);
    for (size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ 1);
      INFO("byte " << i);
      CHECK_FALSE(trust.Check(bad, Now()).ok());
    }
  }
  SECTION("cut or lengthened") {
    const std::string good = authority.Issue({}).der;
    for (size_t size = 0; size < good.size(); ++size) {
      CHECK_FALSE(trust.Check(good.substr(0, size), Now()).ok());
    }
    CHECK(ReasonOf(trust, good + '\0') == Distrust::kForged);
    CHECK(ReasonOf(trust, good + good) == Distrust::kForged);
  }
  SECTION("no certificate at all") {
    CHECK(ReasonOf(trust, "") == Distrust::kForged);
    CHECK(ReasonOf(trust, std::string(3000, '\x30')) == Distrust::kForged);
    CHECK(ReasonOf(trust, std::string(1 << 20, 'x')) == Distrust::kForged);
  }
}

TEST_CASE("a certificate has to name a host") {
  TestAuthority authority;
  const Trust trust = TrustIn(authority.pem());
  for (const char* name :
       {"", "two words", "*.example.org", "esc\x1b[2J", "-rf", "..", "h\xc3\xb6st"}) {
    CAPTURE(name);
    CHECK(ReasonOf(trust, authority.Issue({.common_name = name}).der) == Distrust::kWrongName);
  }
  std::string names = "DNS:many.example.org";
  for (int i = 0; i < 64; ++i) names += ",IP:10.0.0." + std::to_string(i);
  CHECK(ReasonOf(trust, authority.Issue({.names = names}).der) == Distrust::kNone);
  CHECK(ReasonOf(trust, authority.Issue({.names = names + ",IP:10.0.1.1"}).der) ==
        Distrust::kWrongName);
}

TEST_CASE("a certificate has to be for this use") {
  TestAuthority authority;
  const Trust trust = TrustIn(authority.pem());
  CHECK(ReasonOf(trust, authority.Issue({.use = "serverAuth"}).der) == Distrust::kWrongUse);
  CHECK(ReasonOf(trust, authority.Issue({.use = "emailProtection"}).der) == Distrust::kWrongUse);
  CHECK(ReasonOf(trust, authority.Issue({.key_usage = "keyAgreement"}).der) == Distrust::kWrongUse);
  CHECK(ReasonOf(trust, authority.Issue({.constraints = "critical,CA:TRUE"}).der) ==
        Distrust::kWrongUse);
  CHECK(ReasonOf(trust, authority.der()) == Distrust::kWrongUse);
}

TEST_CASE("keys are P-256, RSA of 2048 bits or Ed25519") {
  TestAuthority authority;
  const Trust trust = TrustIn(authority.pem());
  CHECK(ReasonOf(trust, authority.Issue({}, KeyKind::kP256).der) == Distrust::kNone);
  CHECK(ReasonOf(trust, authority.Issue({}, KeyKind::kRsa2048).der) == Distrust::kNone);
  CHECK(ReasonOf(trust, authority.Issue({}, KeyKind::kEd25519).der) == Distrust::kNone);
  CHECK(ReasonOf(trust, authority.Issue({}, KeyKind::kP384).der) == Distrust::kWrongUse);
  CHECK(ReasonOf(trust, authority.Issue({}, KeyKind::kRsa1024).der) == Distrust::kWrongUse);
}

TEST_CASE("authorities may have other keys") {
  for (const KeyKind kind : {KeyKind::kP384, KeyKind::kRsa2048, KeyKind::kEd25519}) {
    TestAuthority authority("Root", kind);
    CHECK(ReasonOf(TrustIn(authority.pem()), authority.Issue({}).der) == Distrust::kNone);
  }
}

TEST_CASE("intermediate authorities are known, or come with the certificate") {
  TestAuthority root;
  TestAuthority middle("Middle", root);
  const std::string host = middle.Issue({}).der;
  CHECK(ReasonOf(TrustIn(root.pem() + middle.pem()), host) == Distrust::kNone);
  CHECK(ReasonOf(TrustIn(middle.pem()), host) == Distrust::kNone);
  const Trust trust = TrustIn(root.pem());
  CHECK(ReasonOf(trust, host) == Distrust::kForged);
  CHECK(trust.Check(host, Now(), nullptr, {middle.der()}).ok());
  CHECK(trust.Check(host, Now(), nullptr, {"garbage", middle.der()}).ok());
  CHECK_FALSE(
      trust.Check(host, Now(), nullptr, {"garbage", "garbage", "garbage", "garbage", middle.der()})
          .ok());
}

TEST_CASE("a signature is that of the certificate's key, by the scheme of its kind") {
  TestAuthority authority;
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kRsa2048, KeyKind::kEd25519}) {
    const TestCertificate host = authority.Issue({}, kind);
    const std::string signature = host.key.Sign("text");
    CHECK(Trust::SchemeOf(host.der).value() == host.key.Scheme());
    CHECK(Trust::CheckSignature(host.der, "text", signature).ok());
    CHECK_FALSE(Trust::CheckSignature(host.der, "texu", signature).ok());
    CHECK_FALSE(Trust::CheckSignature(host.der, "text", "").ok());
    CHECK_FALSE(Trust::CheckSignature(host.der, "text", signature + "x").ok());
    CHECK_FALSE(Trust::CheckSignature(host.der, "text", std::string(70000, 'x')).ok());
    CHECK_FALSE(Trust::CheckSignature(authority.Issue({}, kind).der, "text", signature).ok());
  }
  const TestCertificate other = authority.Issue({}, KeyKind::kP384);
  CHECK_FALSE(Trust::SchemeOf(other.der).ok());
  CHECK_FALSE(Trust::CheckSignature(other.der, "text", other.key.Sign("text")).ok());
  CHECK_FALSE(Trust::CheckSignature("garbage", "text", "signature").ok());
}

TEST_CASE("authorities that are none are refused, with which one") {
  TestAuthority authority;
  const std::string host = authority.Issue({.common_name = "the-host"}).pem;
  CHECK(Trust::Make("", "").status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(Trust::Make("garbage", "").status().code() == absl::StatusCode::kInvalidArgument);
  const auto as_authority = Trust::Make(authority.pem() + host, "");
  CHECK(as_authority.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(as_authority.status().message()), Catch::Contains("the-host"));
  std::string cut = authority.pem() + authority.pem();
  cut.resize(cut.size() - 60);
  const auto second = Trust::Make(cut, "");
  CHECK_THAT(std::string(second.status().message()), Catch::Contains("certificate 2"));
}

TEST_CASE("the certificates of a file are read in their order") {
  TestAuthority authority;
  const TestCertificate host = authority.Issue({});
  const auto read =
      CertificatesOfPem("text before\n" + host.pem + host.key.Pem() + authority.pem());
  REQUIRE(read.ok());
  CHECK(*read == std::vector{host.der, authority.der()});
  CHECK_FALSE(CertificatesOfPem(host.key.Pem()).ok());
}

}  // namespace
}  // namespace cairn::tracing
