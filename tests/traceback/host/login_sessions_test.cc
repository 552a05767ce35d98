// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/login_sessions.h"

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"

namespace cairn::host {
namespace {

constexpr char kAlice[] =
    "# This is private data. Do not parse.\nUID=1001\nUSER=alice\nACTIVE=1\nREMOTE=1\nTTY=pts/3\n"
    "REMOTE_HOST=192.0.2.7\nLEADER=4711\nREALTIME=1764180000123456\n";

TEST_CASE("a session of logind says who came from where and when") {
  const std::optional<Login> login = ParseLoginSession("12", kAlice);
  REQUIRE(login.has_value());
  CHECK(login->user == "alice");
  CHECK(login->from == "192.0.2.7");
  CHECK(login->terminal == "pts/3");
  CHECK(login->pid == 4711);
  CHECK(login->session == "12");
  CHECK(login->time == PacketTime::FromNanoseconds(1'764'180'000'123'456'000));
  CHECK_FALSE(ParseLoginSession("12", "UID=0\nXUSER=alice\n").has_value());
  CHECK_FALSE(ParseLoginSession("12", "").has_value());
}

TEST_CASE("only sessions of the users asked for are told, and no other files") {
  const testing::ScratchFolder folder;
  folder.File("2", kAlice);
  folder.File("1", "USER=bob\n");
  folder.File("2.ref", kAlice);
  const std::vector<Login> logins = ReadLoginSessions({"alice"}, folder.File("").c_str());
  REQUIRE(logins.size() == 1);
  CHECK(logins[0].session == "2");
  CHECK(ReadLoginSessions({"alice"}, "/nonexistent").empty());
}

}  // namespace
}  // namespace cairn::host
