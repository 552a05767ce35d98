// SPDX-License-Identifier: BSD-3-Clause
// A root follows another, and an authority stands below another, while hosts go on.
#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/authority/authority_rig.h"

namespace cairn::tracing {
namespace {

using absl::StatusCode;

std::vector<std::string> Ders(const std::string& pem) { return CertificatesOfPem(pem).value(); }

TEST_CASE("a root is rotated without a host losing its place") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string old_host = Ders(Contents(rig.HostFolder(Web().name) + "/host.crt")).front();
  const Trust before = rig.SiteTrust();
  CHECK(rig.Open().FinishRotation(Now()).code() == StatusCode::kFailedPrecondition);
  REQUIRE(rig.Open().BeginRotation(3650, Now()).ok());
  CHECK(rig.Open().BeginRotation(3650, Now()).code() == StatusCode::kFailedPrecondition);

  // Until it is finished, the old root issues, which all hosts know.
  HostNames second{.name = "second", .addresses = {Ip("192.0.2.8")}};
  rig.Enrol(second);
  const std::string in_between = Ders(Contents(rig.HostFolder("second") + "/host.crt")).front();
  CHECK(before.Check(in_between, Now()).ok());

  REQUIRE(rig.Open().FinishRotation(Now()).ok());
  HostNames third{.name = "third", .addresses = {Ip("192.0.2.9")}};
  rig.Enrol(third);
  const std::vector<std::string> new_host = Ders(Contents(rig.HostFolder("third") + "/host.crt"));
  REQUIRE(new_host.size() == 2);
  Trust after = rig.SiteTrust();
  for (const std::string& each : {old_host, in_between, new_host.front()}) {
    CHECK(after.Check(each, Now()).ok());
  }
  // Who has not heard of the new root believes it by the signature of the old one.
  CHECK_FALSE(before.Check(new_host[0], Now()).ok());
  CHECK(before.Check(new_host[0], Now(), nullptr, {new_host[1]}).ok());

  // Both roots' certificates can be revoked.
  REQUIRE(rig.Open().Revoke("second", RevocationReason::kUnspecified, Now()).ok());
  REQUIRE(rig.Open().Revoke("third", RevocationReason::kUnspecified, Now()).ok());
  REQUIRE(after.TakeRevocations(Contents(rig.path + "/ca.crl")).value());
  CHECK(after.Check(old_host, Now()).ok());
  CHECK_FALSE(after.Check(in_between, Now()).ok());
  CHECK_FALSE(after.Check(new_host[0], Now()).ok());
}

TEST_CASE("a key that is rotated keeps its passphrase") {
  AuthorityRig rig;
  rig.path = rig.scratch.File("locked");
  REQUIRE(Authority::Init(rig.path, {.site = "s", .passphrase = "correct horse"}, Now()).ok());
  REQUIRE(rig.Open("correct horse").BeginRotation(100, Now()).ok());
  CHECK_THAT(Contents(rig.path + "/ca-2.key"), Catch::Contains("ENCRYPTED"));
  CHECK(rig.Open("correct horse").MakeLists(Now()).ok());
}

TEST_CASE("an intermediate authority issues while the root is away") {
  AuthorityRig rig;
  AuthorityRig below;
  below.path = rig.scratch.File("below");
  CHECK(rig.Open().MakeIntermediate(below.path, {.site = "dmz", .days = 3651}, Now()).code() ==
        StatusCode::kFailedPrecondition);
  REQUIRE(rig.Open().MakeIntermediate(below.path, {.site = "dmz", .days = 365}, Now()).ok());
  below.Enrol(Web());
  const std::string host = Ders(Contents(below.HostFolder(Web().name) + "/host.crt")).front();
  Trust trust = below.SiteTrust();
  CHECK(trust.Check(host, Now()).ok());
  CHECK(rig.SiteTrust().Check(host, Now()).ok());
  CHECK(below.Open().BeginRotation(100, Now()).code() == StatusCode::kFailedPrecondition);

  SECTION("it revokes its hosts") {
    REQUIRE(below.Open().Revoke("web.example.org", RevocationReason::kRetired, Now()).ok());
    REQUIRE(trust.TakeRevocations(Contents(below.path + "/ca.crl")).value());
    CHECK_FALSE(trust.Check(host, Now()).ok());
  }
  SECTION("the root revokes it, by its number alone") {
    CHECK(rig.Open().Revoke("dmz", RevocationReason::kRetired, Now()).status().code() ==
          StatusCode::kNotFound);
    const std::string serial = rig.Open().all().issued.at(0).serial;
    REQUIRE(rig.Open().Revoke(serial, RevocationReason::kKeyCompromise, Now()).ok());
    REQUIRE(trust.TakeRevocations(Contents(rig.path + "/ca.crl")).value());
    CHECK_FALSE(trust.Check(host, Now()).ok());
  }
  SECTION("hosts of two of them believe one another by the root's ca.crt") {
    AuthorityRig other;
    other.path = rig.scratch.File("other");
    REQUIRE(rig.Open().MakeIntermediate(other.path, {.site = "lab", .days = 365}, Now()).ok());
    other.Enrol(Web());
    const std::string elsewhere =
        Ders(Contents(other.HostFolder(Web().name) + "/host.crt")).front();
    CHECK(rig.SiteTrust().Check(host, Now()).ok());
    CHECK(rig.SiteTrust().Check(elsewhere, Now()).ok());
  }
}

}  // namespace
}  // namespace cairn::tracing
