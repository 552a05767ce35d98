// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/register.h"

#include "catch2/catch.hpp"

#include "tests/traceback/tracing/authority/authority_rig.h"

namespace cairn::tracing {
namespace {

Register Sample() {
  return {.site = "example",
          .list_number = 1800000007,
          .keys = 2,
          .signing = 1,
          .issued = {{.serial = "0A",
                      .key_hash = "ab",
                      .role = IssuedRole::kAgent,
                      .name = "web",
                      .addresses = {Ip("192.0.2.7"), Ip("2001:db8::7")},
                      .from = At(100),
                      .until = At(400)},
                     {.serial = "0B",
                      .key_hash = "cd",
                      .issuer = 2,
                      .role = IssuedRole::kAsker,
                      .name = "sensor",
                      .from = At(100),
                      .until = At(400),
                      .revoked = At(150),
                      .reason = RevocationReason::kKeyCompromise,
                      .renewed_from = "0A"}},
          .spent = {{.id = "0123", .expires = At(900)}}};
}

TEST_CASE("a register is read as it was written") {
  CHECK(ParseRegister(RegisterText(Sample())).value() == Sample());
  CHECK(ParseRegister(RegisterText({.site = "s"})).value() == Register{.site = "s"});
}

TEST_CASE("a register of an earlier version does not know what was renewed") {
  std::string text = RegisterText(Sample());
  const std::string added = " renewed 0A";
  text.erase(text.find(added), added.size());
  Register all = Sample();
  all.issued[1].renewed_from.clear();
  CHECK(ParseRegister(text).value() == all);
}

TEST_CASE("a register that was cut or changed is damaged, and the line is named") {
  const std::string text = RegisterText(Sample());
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    INFO(text.substr(0, size));
    CHECK_FALSE(ParseRegister(text.substr(0, size)).ok());
  }
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return std::string(ParseRegister(changed).status().message());
  };
  CHECK_THAT(with(" agent ", " king "), Catch::Contains("line 3"));
  CHECK_THAT(with("192.0.2.7", "192.0.2.777"), Catch::Contains("line 3"));
  CHECK_THAT(with("key_compromise", "whim"), Catch::Contains("line 4"));
  CHECK_THAT(with(" renewed ", " stolen "), Catch::Contains("line 4"));
  CHECK_THAT(with(" renewed 0A", " renewed"), Catch::Contains("line 4"));
  CHECK_THAT(with(" renewed 0A", " renewed 0A 0A"), Catch::Contains("line 4"));
  CHECK_THAT(with(" 400 ", " -400 "), Catch::Contains("line 3"));
  CHECK_THAT(with("end 3", "end 4"), Catch::Contains("line 6"));
  CHECK_THAT(with("authority 1", "authority 2"), Catch::Contains("line 2"));
  CHECK_THAT(with("2 1\n", "2 3\n"), Catch::Contains("line 2"));
  CHECK_FALSE(ParseRegister(text + text).ok());
}

TEST_CASE("a certificate is due from two thirds of its life on") {
  Issued issued{.from = At(100), .until = At(400)};
  CHECK(StateOf(issued, At(99)) == "not_yet");
  CHECK(StateOf(issued, At(299)) == "valid");
  CHECK(StateOf(issued, At(300)) == "due");
  CHECK(StateOf(issued, At(399)) == "due");
  CHECK(StateOf(issued, At(400)) == "expired");
  issued.revoked = At(1);
  CHECK(StateOf(issued, At(299)) == "revoked");
}

}  // namespace
}  // namespace cairn::tracing
