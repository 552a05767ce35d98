// SPDX-License-Identifier: BSD-3-Clause
// Lists of revoked certificates: whose, which is newer, and what they mean for which time.
#include <openssl/x509v3.h>

#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/trust/trust_rig.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {
namespace {

using testing::TestAuthority;
using testing::TestCertificate;

TEST_CASE("without a list nobody is revoked") {
  TestAuthority authority;
  const Trust trust = TrustIn(authority.pem());
  CHECK(trust.revocations_number() == 0);
  CHECK(trust.revocations().empty());
  CHECK_FALSE(trust.revocations_time().IsSet());
}

TEST_CASE("who is revoked is not believed from then on") {
  TestAuthority authority;
  const TestCertificate host = authority.Issue({});
  const TestCertificate other = authority.Issue({});
  const Trust trust =
      TrustIn(authority.pem(),
              authority.List({.revoked = {{.serial = host.serial, .since = kNowSeconds}}}));
  CHECK(ReasonOf(trust, host.der, Now()) == Distrust::kRevoked);
  CHECK(ReasonOf(trust, host.der, At(kNowSeconds + 1)) == Distrust::kRevoked);
  CHECK(ReasonOf(trust, host.der, At(kNowSeconds - 1)) == Distrust::kNone);
  CHECK(ReasonOf(trust, other.der, Now()) == Distrust::kNone);
}

TEST_CASE("whose key was lost is not believed about earlier times either") {
  TestAuthority authority;
  const TestCertificate host = authority.Issue({});
  const auto reason_at = [&](int reason) {
    return ReasonOf(TrustIn(authority.pem(), authority.List({.revoked = {{.serial = host.serial,
                                                                          .since = kNowSeconds,
                                                                          .reason = reason}}})),
                    host.der, At(kNowSeconds - 1));
  };
  CHECK(reason_at(CRL_REASON_KEY_COMPROMISE) == Distrust::kRevoked);
  CHECK(reason_at(CRL_REASON_CESSATION_OF_OPERATION) == Distrust::kNone);
}

TEST_CASE("an older list never takes the place of a newer one") {
  TestAuthority authority;
  const TestCertificate host = authority.Issue({});
  const std::string revoked =
      authority.List({.number = 5, .made = 1790000000, .revoked = {{.serial = host.serial}}});
  Trust trust = TrustIn(authority.pem());
  REQUIRE(trust.TakeRevocations(revoked).value());
  CHECK(trust.revocations_number() == 5);
  CHECK(trust.revocations_time() == At(1790000000));
  CHECK(trust.revocations() == revoked);

  CHECK_FALSE(trust.TakeRevocations(authority.List({.number = 4, .made = 1799999999})).value());
  CHECK_FALSE(trust.TakeRevocations(authority.List({.number = 5, .made = 1799999999})).value());
  CHECK(trust.revocations() == revoked);
  CHECK(ReasonOf(trust, host.der) == Distrust::kRevoked);

  CHECK(trust.TakeRevocations(authority.List({.number = 6})).value());
  CHECK(ReasonOf(trust, host.der) == Distrust::kNone);
}

TEST_CASE("a list without a number is numbered by its time") {
  TestAuthority authority;
  Trust trust = TrustIn(authority.pem(), authority.List({.number = -1, .made = 1750000000}));
  CHECK(trust.revocations_number() == 1750000000);
  CHECK_FALSE(trust.TakeRevocations(authority.List({.number = -1, .made = 1749999999})).value());
  CHECK(trust.TakeRevocations(authority.List({.number = -1, .made = 1750000001})).value());
}

TEST_CASE("a list of nobody's is refused, and nothing changes") {
  TestAuthority authority;
  Trust trust = TrustIn(authority.pem(), authority.List({.number = 3}));
  const std::string before = trust.revocations();
  const std::string good = authority.List({.number = 4});
  const auto refused = [&](const std::string& list) {
    const auto taken = trust.TakeRevocations(list);
    return taken.status().code() == absl::StatusCode::kInvalidArgument &&
           trust.revocations() == before && trust.revocations_number() == 3;
  };
  CHECK(refused(TestAuthority("Other").List({.number = 9})));
  CHECK(refused(TestAuthority("Test Root").List({.number = 9})));
  CHECK(refused(authority.List({.number = 9, .is_delta = true})));
  CHECK(refused(""));
  CHECK(refused("garbage"));
  CHECK(refused("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"));
  CHECK(refused(authority.der()));
  CHECK(refused(std::string(2 << 20, '\x30')));
  for (size_t i = 0; i < good.size(); ++i) {
    CHECK(refused(good.substr(0, i)));
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    INFO("byte " << i);
    CHECK(refused(bad));
  }
  CHECK(trust.TakeRevocations(good).value());
}

TEST_CASE("a host cannot revoke others") {
  TestAuthority authority;
  Trust trust = TrustIn(authority.pem());
  // With a host's key, in the authority's name.
  TestAuthority impostor("Test Root");
  CHECK_FALSE(trust.TakeRevocations(impostor.List({.number = 1})).ok());
  CHECK(trust.revocations_number() == 0);
}

TEST_CASE("a list that is too old lets nobody in") {
  TestAuthority authority;
  const TestCertificate host = authority.Issue({});
  Trust trust = TrustIn(authority.pem(), authority.List({.made = kNowSeconds - 86400}));
  CHECK(ReasonOf(trust, host.der) == Distrust::kNone);
  trust.set_most_list_age(PacketDelta::FromSeconds(86400));
  CHECK(ReasonOf(trust, host.der, Now()) == Distrust::kNone);
  CHECK(ReasonOf(trust, host.der, At(kNowSeconds + 1)) == Distrust::kStaleList);
  REQUIRE(trust.TakeRevocations(authority.List({.number = 2, .made = kNowSeconds})).value());
  CHECK(ReasonOf(trust, host.der, At(kNowSeconds + 1)) == Distrust::kNone);
}

TEST_CASE("each authority has its own list") {
  TestAuthority root;
  TestAuthority middle("Middle", root);
  const TestCertificate host = middle.Issue({});
  Trust trust = TrustIn(root.pem() + middle.pem(), root.List({.number = 10, .made = 1600000000}));
  REQUIRE(trust.TakeRevocations(middle.List({.number = 3, .made = kNowSeconds})).value());
  CHECK(trust.revocations_number() == 13);
  CHECK(ReasonOf(trust, host.der) == Distrust::kNone);
  // The root is off the net: its list may be old.
  trust.set_most_list_age(PacketDelta::FromSeconds(86400));
  CHECK(ReasonOf(trust, host.der) == Distrust::kNone);

  SECTION("both pass to others at once, in any order and more than once") {
    Trust other = TrustIn(root.pem() + middle.pem());
    CHECK(other.TakeRevocations(trust.revocations()).value());
    CHECK(other.revocations_number() == 13);
    CHECK_FALSE(other.TakeRevocations(trust.revocations()).value());
  }
  SECTION("the host, by the intermediate's list") {
    REQUIRE(trust
                .TakeRevocations(middle.List(
                    {.number = 4, .made = kNowSeconds, .revoked = {{.serial = host.serial}}}))
                .value());
    CHECK(ReasonOf(trust, host.der) == Distrust::kRevoked);
  }
  SECTION("the intermediate and all below it, by the root's") {
    REQUIRE(
        trust.TakeRevocations(root.List({.number = 11, .revoked = {{.serial = middle.serial()}}}))
            .value());
    CHECK(ReasonOf(trust, host.der) == Distrust::kRevoked);
  }
  SECTION("lists of authorities that are not known are passed over") {
    TestAuthority unknown("Unknown");
    CHECK(trust.TakeRevocations(unknown.List({}) + middle.List({.number = 4})).value());
    CHECK(trust.revocations_number() == 14);
  }
}

}  // namespace
}  // namespace cairn::tracing
