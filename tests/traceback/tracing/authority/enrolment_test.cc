// SPDX-License-Identifier: BSD-3-Clause
// The host's side: what is in use is replaced only by what fits together.
#include "traceback/tracing/authority/enrolment.h"

#include <filesystem>

#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/authority/authority_rig.h"

namespace cairn::tracing {
namespace {

using absl::StatusCode;

TEST_CASE("a host's key is for root alone, and the rest for all") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  CHECK(ModeOf(host) == 0755);
  CHECK(ModeOf(host + "/host.key") == 0600);
  for (const char* each : {"host.crt", "ca.crt", "ca.crl"}) {
    CHECK(ModeOf(host + "/" + each) == 0644);
  }
  CHECK_FALSE(std::filesystem::exists(host + "/host.key.new"));
}

TEST_CASE("a request leaves what is in use as it is") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const std::string key = Contents(host + "/host.key");
  REQUIRE(RequestRenewal(host, When::kNow, Now()).ok());
  REQUIRE(RequestByInvitation(host, rig.Token(Web()), Now()).ok());
  CHECK(Contents(host + "/host.key") == key);
  CHECK(ModeOf(host + "/host.key.new") == 0600);
}

TEST_CASE("a certificate is due at two thirds of its life") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  CHECK(RequestRenewal(host, When::kIfDue, At(kNowSeconds + 59 * kDay)).value().empty());
  CHECK_FALSE(std::filesystem::exists(host + "/host.key.new"));
  CHECK_FALSE(RequestRenewal(host, When::kIfDue, At(kNowSeconds + 60 * kDay)).value().empty());
  CHECK(RequestRenewal(host, When::kNow, At(kNowSeconds + 90 * kDay)).status().code() ==
        StatusCode::kFailedPrecondition);
}

TEST_CASE("what does not fit is not installed") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const std::string key = Contents(host + "/host.key");
  const std::string certificate = Contents(host + "/host.crt");
  const auto refused = [&](const Received& received) {
    const auto installed = Install(host, received, Now());
    return !installed.ok() && Contents(host + "/host.key") == key &&
           Contents(host + "/host.crt") == certificate;
  };
  REQUIRE(RequestRenewal(host, When::kNow, Now()).ok());
  SECTION("another host's certificate") {
    rig.Enrol({.name = "other", .addresses = {Ip("192.0.2.8")}});
    CHECK(refused({.certificate = Contents(rig.HostFolder("other") + "/host.crt")}));
  }
  SECTION("one of another authority, for this key") {
    AuthorityRig other;
    const std::string request = RequestRenewal(host, When::kNow, Now()).value();
    const auto issued = other.Open().Issue(request, Authority::Vouched{.names = Web()}, Now());
    REQUIRE(issued.ok());
    CHECK(refused({.certificate = *issued}));
  }
  SECTION("garbage") {
    CHECK(refused({.certificate = ""}));
    CHECK(refused({.certificate = "garbage"}));
    CHECK(refused({.certificate = certificate, .authorities = "garbage"}));
    CHECK(refused({.certificate = certificate, .revocations = "garbage"}));
    CHECK(refused({.certificate = certificate.substr(0, 200)}));
  }
}

TEST_CASE("what was interrupted in between is repeated") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const std::string request = RequestRenewal(host, When::kNow, Now()).value();
  const std::string issued = rig.Open().Renew(request, Now()).value();
  // The power went after the key was in its place.
  std::filesystem::rename(host + "/host.key.new", host + "/host.key");
  const auto torn = RequestRenewal(host, When::kNow, Now());
  CHECK(torn.status().code() == StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(torn.status().message()), Catch::Contains("repeat"));
  CHECK(Install(host, {.certificate = issued}, Now()).ok());
  CHECK(RequestRenewal(host, When::kNow, Now()).ok());
}

TEST_CASE("a list that is older does not come back") {
  AuthorityRig rig;
  const std::string old_list = Contents(rig.path + "/ca.crl");
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const std::string certificate = Contents(host + "/host.crt");
  REQUIRE(rig.Open().MakeLists(At(kNowSeconds + 5)).ok());
  const std::string new_list = Contents(rig.path + "/ca.crl");
  REQUIRE(Install(host, {.certificate = certificate, .revocations = new_list}, Now()).ok());
  CHECK(Contents(host + "/ca.crl") == new_list);
  REQUIRE(Install(host, {.certificate = certificate, .revocations = old_list}, Now()).ok());
  CHECK(Contents(host + "/ca.crl") == new_list);
}

TEST_CASE("a certificate that was revoked is not installed") {
  AuthorityRig rig;
  const std::string request = rig.RequestOf(Web());
  const std::string issued = rig.Open().Issue(request, {}, Now()).value();
  REQUIRE(rig.Open().Revoke("web.example.org", RevocationReason::kRetired, Now()).ok());
  const auto installed = Install(rig.HostFolder(Web().name),
                                 {.certificate = issued,
                                  .authorities = Contents(rig.path + "/ca.crt"),
                                  .revocations = Contents(rig.path + "/ca.crl")},
                                 Now());
  CHECK(installed.status().code() == StatusCode::kPermissionDenied);
}

TEST_CASE("whom to trust has to be told once") {
  AuthorityRig rig;
  const std::string request = rig.RequestOf(Web());
  const std::string issued = rig.Open().Issue(request, {}, Now()).value();
  const auto installed = Install(rig.HostFolder(Web().name), {.certificate = issued}, Now());
  CHECK(installed.status().code() == StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(installed.status().message()), Catch::Contains("--authorities"));
}

TEST_CASE("a part of a token is none") {
  AuthorityRig rig;
  const std::string token = rig.Token(Web());
  for (size_t size = 0; size < token.size(); ++size) {
    const auto request = RequestByInvitation(rig.HostFolder("x"), token.substr(0, size), Now());
    CHECK(request.status().code() == StatusCode::kInvalidArgument);
  }
  CHECK_FALSE(std::filesystem::exists(rig.HostFolder("x")));
}

}  // namespace
}  // namespace cairn::tracing
