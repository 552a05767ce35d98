// SPDX-License-Identifier: BSD-3-Clause
// Who gets a certificate, for what, and who loses it.
#include "traceback/tracing/authority/authority.h"

#include <filesystem>

#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/authority/authority_rig.h"

namespace cairn::tracing {
namespace {

using absl::StatusCode;

std::string FirstDer(const std::string& pem) { return CertificatesOfPem(pem).value().front(); }

TEST_CASE("an authority is for its owner alone") {
  AuthorityRig rig;
  CHECK(ModeOf(rig.path) == 0700);
  for (const char* secret : {"ca-1.key", "invitations.key", "register"}) {
    CHECK(ModeOf(rig.path + "/" + secret) == 0600);
  }
  CHECK(rig.SiteTrust().revocations_number() == static_cast<uint64_t>(kNowSeconds));
}

TEST_CASE("an authority never takes the place of anything") {
  AuthorityRig rig;
  const std::string key = Contents(rig.path + "/ca-1.key");
  CHECK(Authority::Init(rig.path, {.site = "other"}, Now()).code() == StatusCode::kAlreadyExists);
  CHECK(Contents(rig.path + "/ca-1.key") == key);
  const std::string file = rig.scratch.File("file", "precious");
  CHECK(Authority::Init(file, {.site = "other"}, Now()).code() == StatusCode::kAlreadyExists);
  CHECK(Contents(file) == "precious");
  const std::string empty = rig.scratch.File("empty");
  std::filesystem::create_directory(empty);
  CHECK(Authority::Init(empty + "/", {.site = "other"}, Now()).ok());
  // Nothing of the attempts is left behind.
  for (const auto& each : std::filesystem::directory_iterator(rig.scratch.File(""))) {
    CHECK_THAT(each.path().string(), !Catch::Contains("unfinished"));
  }
}

TEST_CASE("what no authority can be called or protected by is refused") {
  AuthorityRig rig;
  const std::string path = rig.scratch.File("other");
  for (const AuthorityOptions& wrong :
       {AuthorityOptions{.site = ""}, AuthorityOptions{.site = "two words"},
        AuthorityOptions{.site = "s", .days = 0}, AuthorityOptions{.site = "s", .days = 7301},
        AuthorityOptions{.site = "s", .passphrase = "short"}}) {
    CHECK(Authority::Init(path, wrong, Now()).code() == StatusCode::kInvalidArgument);
    CHECK_FALSE(std::filesystem::exists(path));
  }
}

TEST_CASE("a host that was invited gets a certificate with the names of the invitation") {
  AuthorityRig rig;
  const Identity identity = rig.Enrol(Web());
  CHECK(identity.name == "web.example.org");
  CHECK(identity.addresses == Web().addresses);
  CHECK(identity.role == Role::kAgent);
  CHECK(identity.not_after == At(kNowSeconds + 90 * kDay));
  HostNames sensor{.name = "sensor", .role = Role::kAsker};
  CHECK(rig.Enrol(sensor).role == Role::kAsker);

  const Register all = rig.Open().all();
  REQUIRE(all.issued.size() == 2);
  CHECK(all.issued[0].serial == identity.serial);
  CHECK(std::filesystem::exists(rig.path + "/certificates/" + identity.serial + ".crt"));
}

TEST_CASE("an invitation is good once, for a while, and of this authority alone") {
  AuthorityRig rig;
  const std::string token = rig.Token(Web());
  const std::string request = RequestByInvitation(rig.HostFolder("a"), token, Now()).value();
  SECTION("once") {
    CHECK(rig.Open().Issue(request, {}, Now()).ok());
    const std::string second = RequestByInvitation(rig.HostFolder("b"), token, Now()).value();
    const auto again = rig.Open().Issue(second, {}, Now());
    CHECK(again.status().code() == StatusCode::kPermissionDenied);
    CHECK_THAT(std::string(again.status().message()), Catch::Contains("used already"));
  }
  SECTION("for a while") {
    const auto late = rig.Open().Issue(request, {}, Now() + kInvitationLife);
    CHECK(late.status().code() == StatusCode::kPermissionDenied);
    CHECK_THAT(std::string(late.status().message()), Catch::Contains("expired"));
    CHECK_FALSE(RequestByInvitation(rig.HostFolder("b"), token, Now() + kInvitationLife).ok());
    CHECK(rig.Open()
              .Issue(request, {}, Now() + kInvitationLife - PacketDelta::FromNanoseconds(1))
              .ok());
  }
  SECTION("of this authority") {
    AuthorityRig other;
    CHECK(other.Open().Issue(request, {}, Now()).status().code() == StatusCode::kPermissionDenied);
  }
  SECTION("not used up by what was refused") {
    CHECK_FALSE(rig.Open().Issue(request, {}, Now() + kInvitationLife).ok());
    CHECK(rig.Open().Issue(request, {}, Now()).ok());
  }
}

TEST_CASE("whoever changes an invitation has none") {
  AuthorityRig rig;
  const Token token = ParseToken(rig.Token(Web())).value();
  Token forged = token;
  forged.invitation.names.name = "root.example.org";
  forged.statement = Statement(forged.invitation);
  const testing::TestKey key = testing::TestKey::Make();
  const auto issue = [&](const Token& by, const testing::TestKey& proven) {
    const std::string request =
        MakeRequest(key.get(), "x",
                    ByInvitation{.statement = by.statement,
                                 .proof = InvitationProof(by, PublicKeyDer(proven.get()))})
            .value();
    return rig.Open().Issue(request, {}, Now());
  };
  CHECK(issue(forged, key).status().code() == StatusCode::kPermissionDenied);
  // A proof that was seen on its way is of another key.
  CHECK(issue(token, testing::TestKey::Make()).status().code() == StatusCode::kPermissionDenied);
  CHECK(issue(token, key).ok());
}

TEST_CASE("without an invitation somebody has to vouch for a request") {
  AuthorityRig rig;
  for (const testing::KeyKind kind :
       {testing::KeyKind::kP256, testing::KeyKind::kRsa2048, testing::KeyKind::kEd25519}) {
    const testing::TestKey key = testing::TestKey::Make(kind);
    const std::string request = MakeRequest(key.get(), "liar", NoProof{}).value();
    CHECK(rig.Open().Issue(request, {}, Now()).status().code() == StatusCode::kPermissionDenied);
    const auto issued =
        rig.Open().Issue(request, Authority::Vouched{.names = Web(), .days = 7}, Now());
    REQUIRE(issued.ok());
    const auto identity = rig.SiteTrust().Check(FirstDer(*issued), Now());
    CHECK(identity->name == "web.example.org");
    CHECK(identity->not_after == At(kNowSeconds + 7 * kDay));
  }
  CHECK(rig.Open().Issue("garbage", {}, Now()).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("names that no certificate can have are refused") {
  AuthorityRig rig;
  const auto invite = [&](const HostNames& names, uint32_t days) {
    return rig.Open().Invite(names, days, kInvitationLife, Now()).status().code();
  };
  CHECK(invite(Web(), 90) == StatusCode::kOk);
  CHECK(invite(Web(), 0) == StatusCode::kInvalidArgument);
  CHECK(invite(Web(), 826) == StatusCode::kInvalidArgument);
  CHECK(invite({.name = "a b", .addresses = {Ip("192.0.2.1")}}, 9) == StatusCode::kInvalidArgument);
  CHECK(invite({.name = "a"}, 9) == StatusCode::kInvalidArgument);
  CHECK(invite({.name = "a", .role = Role::kAsker}, 9) == StatusCode::kOk);
  CHECK(invite({.name = "a", .addresses = {Ip("127.0.0.1")}}, 9) == StatusCode::kInvalidArgument);
  HostNames many{.name = "a"};
  for (uint32_t i = 0; i < 65; ++i) many.addresses.push_back(IpAddress::FromV4(0x0a000001U + i));
  CHECK(invite(many, 9) == StatusCode::kInvalidArgument);
  many.addresses.pop_back();
  CHECK(invite(many, 9) == StatusCode::kOk);
  CHECK(invite({.name = std::string(253, 'a'), .addresses = many.addresses}, 9) == StatusCode::kOk);
}

TEST_CASE("a certificate with as many and as long names as it may have is believed") {
  AuthorityRig rig;
  HostNames many{.name = std::string(240, 'a')};
  for (uint64_t i = 0; i < 64; ++i) {
    many.addresses.push_back(IpAddress::FromWords(0x20010db800000000ULL, i + 1));
  }
  CHECK(rig.Enrol(many).addresses.size() == 64);
}

TEST_CASE("a certificate is renewed by its own key, with another key") {
  AuthorityRig rig;
  const Identity first = rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const PacketTime later = At(kNowSeconds + 61 * kDay);
  const std::string request = RequestRenewal(host, When::kNow, later).value();
  const auto renewed = rig.Open().Renew(request, later);
  REQUIRE(renewed.ok());
  const auto second = Install(host, {.certificate = *renewed}, later);
  REQUIRE(second.ok());
  CHECK(second->name == first.name);
  CHECK(second->addresses == first.addresses);
  CHECK(second->serial != first.serial);
  CHECK(second->not_after == At(kNowSeconds + 151 * kDay));
  const Register all = rig.Open().all();
  CHECK(all.issued[0].key_hash != all.issued[1].key_hash);

  SECTION("a request that is sent again gives nothing") {
    CHECK(rig.Open().Renew(request, later).status().code() == StatusCode::kPermissionDenied);
  }
  SECTION("nor after it was revoked") {
    REQUIRE(rig.Open().Revoke("web.example.org", RevocationReason::kUnspecified, later).ok());
    const std::string next = RequestRenewal(host, When::kNow, later).value();
    const auto refused = rig.Open().Renew(next, later);
    CHECK(refused.status().code() == StatusCode::kPermissionDenied);
    CHECK_THAT(std::string(refused.status().message()), Catch::Contains("revoked"));
  }
  SECTION("nor after it has expired") {
    const std::string next = RequestRenewal(host, When::kNow, later).value();
    CHECK_FALSE(rig.Open().Renew(next, At(kNowSeconds + 152 * kDay)).ok());
  }
  SECTION("nor by an invitation's request") {
    const std::string invited = rig.RequestOf(Web());
    CHECK_FALSE(rig.Open().Renew(invited, later).ok());
  }
}

TEST_CASE("a host cannot fill the register by renewing its certificate over and over") {
  const AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const auto renew = [&](PacketTime now) {
    return rig.Open().Renew(RequestRenewal(host, When::kNow, now).value(), now);
  };
  for (int i = 0; i < 4; ++i) REQUIRE(renew(Now()).ok());
  CHECK(renew(Now()).status().code() == absl::StatusCode::kPermissionDenied);
  CHECK(renew(At(kNowSeconds + kDay)).ok());
}

TEST_CASE("nobody renews another's certificate") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = rig.HostFolder(Web().name);
  const std::string own = FirstDer(Contents(host + "/host.crt"));
  const testing::TestKey key = testing::TestKey::Make();
  const auto renew = [&](const std::string& certificate, const std::string& signature) {
    const std::string request =
        MakeRequest(key.get(), "x",
                    ByCertificate{.certificate = certificate, .signature = signature})
            .value();
    return rig.Open().Renew(request, Now()).status().code();
  };
  const std::string text = RenewalText(PublicKeyDer(key.get()));
  CHECK(renew(own, key.Sign(text)) == StatusCode::kPermissionDenied);
  CHECK(renew("garbage", key.Sign(text)) == StatusCode::kPermissionDenied);
  // A certificate with the right number, of another authority and key.
  testing::TestAuthority other;
  const testing::TestCertificate forged = other.Issue({.serial = 5});
  CHECK(renew(forged.der, forged.key.Sign(text)) == StatusCode::kPermissionDenied);
  const auto old =
      ReadPrivateKey(Contents(host + "/host.key"), [] { return absl::StatusOr<std::string>(""); });
  // The right key, but of another text.
  CHECK(renew(own, SignWithKey(old->get(), "text").value()) == StatusCode::kPermissionDenied);
  CHECK(renew(own, SignWithKey(old->get(), text).value()) == StatusCode::kOk);
}

TEST_CASE("who is revoked is on a newer list, by number or by name") {
  AuthorityRig rig;
  rig.Enrol(Web());
  const std::string host = FirstDer(Contents(rig.HostFolder(Web().name) + "/host.crt"));
  Trust trust = rig.SiteTrust();
  REQUIRE(trust.Check(host, Now()).ok());
  const bool by_name = GENERATE(true, false);
  const std::string which = by_name ? "WEB.example.org" : rig.Open().all().issued[0].serial;
  const auto revoked = rig.Open().Revoke(which, RevocationReason::kRetired, Now());
  REQUIRE(revoked.ok());
  CHECK(revoked->size() == 1);
  CHECK(trust.TakeRevocations(Contents(rig.path + "/ca.crl")).value());
  Distrust why = Distrust::kNone;
  CHECK_FALSE(trust.Check(host, Now(), &why).ok());
  CHECK(why == Distrust::kRevoked);
  CHECK(trust.Check(host, Now() - PacketDelta::FromSeconds(1)).ok());

  CHECK(rig.Open().Revoke(which, RevocationReason::kRetired, Now())->empty());
  CHECK(rig.Open().Revoke("nobody", RevocationReason::kRetired, Now()).status().code() ==
        StatusCode::kNotFound);
}

TEST_CASE("who is revoked takes along what was renewed by the same key") {
  AuthorityRig rig;
  const std::string first = rig.Enrol(Web()).serial;
  const std::string host = rig.HostFolder(Web().name);
  const std::string thief = rig.HostFolder("thief");
  std::filesystem::copy(host, thief, std::filesystem::copy_options::recursive);
  const auto renew = [&](const std::string& folder) {
    const auto renewed =
        rig.Open().Renew(RequestRenewal(folder, When::kNow, Now()).value(), Now()).value();
    return Install(folder, {.certificate = renewed}, Now())->serial;
  };
  const std::string by_host = renew(host);
  const std::string by_thief = renew(thief);
  const std::string once_more = renew(thief);
  const auto revoke = [&](const std::string& which, RevocationReason reason) {
    std::vector<std::string> serials;
    const auto revoked = rig.Open().Revoke(which, reason, Now());
    REQUIRE(revoked.ok());
    for (const Issued& each : *revoked) {
      serials.push_back(each.serial);
    }
    return serials;
  };

  SECTION("all of them, and they are told") {
    // Who was invited anew has another key.
    rig.Enrol(Web());
    CHECK(revoke(first, RevocationReason::kKeyCompromise) ==
          std::vector<std::string>{first, by_host, by_thief, once_more});
    const std::vector<Issued> all = rig.Open().all().issued;
    CHECK(all[3].renewed_from == by_thief);
    CHECK(all[3].reason == RevocationReason::kKeyCompromise);
    CHECK(all[4].renewed_from.empty());
    CHECK_FALSE(all[4].revoked.has_value());
    CHECK_FALSE(rig.SiteTrust().Check(FirstDer(Contents(thief + "/host.crt")), Now()).ok());
    const auto refused = rig.Open().Renew(RequestRenewal(thief, When::kNow, Now()).value(), Now());
    CHECK_THAT(std::string(refused.status().message()), Catch::Contains("has been revoked"));
  }
  SECTION("also those of one that was revoked before") {
    CHECK(revoke(by_thief, RevocationReason::kSuperseded) == std::vector<std::string>{by_thief});
    CHECK(revoke(first, RevocationReason::kUnspecified) ==
          std::vector<std::string>{first, by_host, once_more});
  }
  SECTION("but not those before it or beside it") {
    CHECK(revoke(by_thief, RevocationReason::kUnspecified) ==
          std::vector<std::string>{by_thief, once_more});
  }
  SECTION("nor what has superseded it") {
    CHECK(revoke(first, RevocationReason::kSuperseded) == std::vector<std::string>{first});
  }
}

TEST_CASE("each list is newer than those before, also from an old copy of the register") {
  AuthorityRig rig;
  const std::string register_before = Contents(rig.path + "/register");
  Trust trust = rig.SiteTrust();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(rig.Open().MakeLists(Now()).ok());
    CHECK(trust.TakeRevocations(Contents(rig.path + "/ca.crl")).value());
  }
  Fill(rig.path + "/register", register_before);
  REQUIRE(rig.Open().MakeLists(At(kNowSeconds + 60)).ok());
  CHECK(trust.TakeRevocations(Contents(rig.path + "/ca.crl")).value());
}

TEST_CASE("a key that is encrypted needs its passphrase") {
  AuthorityRig rig;
  const std::string path = rig.scratch.File("locked");
  REQUIRE(Authority::Init(path, {.site = "s", .passphrase = "correct horse"}, Now()).ok());
  const std::string lists = Contents(path + "/ca.crl");
  const std::string before = Contents(path + "/register");
  rig.path = path;
  CHECK(rig.Open("wrong horse").MakeLists(Now()).code() == StatusCode::kPermissionDenied);
  CHECK(Contents(path + "/ca.crl") == lists);
  const std::string request = rig.RequestOf(Web());
  CHECK(rig.Open("wrong horse").Issue(request, {}, Now()).status().code() ==
        StatusCode::kPermissionDenied);
  CHECK(Contents(path + "/register") == before);
  CHECK(rig.Open("correct horse").Issue(request, {}, Now()).ok());
}

TEST_CASE("files that are cut, empty or gone are told of, and nothing is made worse") {
  AuthorityRig rig;
  rig.Enrol(Web());
  for (const char* name : {"register", "ca-1.key", "ca-1.crt"}) {
    const std::string file = rig.path + "/" + name;
    const std::string whole = Contents(file);
    for (const std::string& bytes : {std::string(), whole.substr(0, whole.size() / 2)}) {
      Fill(file, bytes);
      auto authority = Authority::Open(rig.path, [] { return absl::StatusOr<std::string>(""); });
      const absl::Status made = authority.ok() ? authority->MakeLists(Now()) : authority.status();
      CHECK_FALSE(made.ok());
      CHECK_THAT(std::string(made.message()), Catch::Contains(name));
      CHECK(Contents(file) == bytes);
    }
    Fill(file, whole);
  }
  CHECK(rig.Open().MakeLists(Now()).ok());
  CHECK(Authority::Open(rig.scratch.File("none"), {}).status().code() == StatusCode::kNotFound);
}

TEST_CASE("a certificate does not outlast its authority") {
  AuthorityRig rig;
  const std::string request = MakeRequest(testing::TestKey::Make().get(), "x", NoProof{}).value();
  const PacketTime late = At(kNowSeconds + 3600 * kDay);
  CHECK(rig.Open()
            .Issue(request, Authority::Vouched{.names = Web(), .days = 51}, late)
            .status()
            .code() == StatusCode::kFailedPrecondition);
  CHECK(rig.Open().Issue(request, Authority::Vouched{.names = Web(), .days = 50}, late).ok());
}

}  // namespace
}  // namespace cairn::tracing
