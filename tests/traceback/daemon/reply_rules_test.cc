// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/reply_rules.h"

#include <string>

#include "catch2/catch.hpp"

#include "traceback/daemon/ident_file.h"
#include "traceback/tokens/record.h"

namespace cairn::daemon {
namespace {

const stop::PortPair kPorts = {.local = 40022, .remote = 22};

std::string TokenIn(const std::string& line) {
  const std::string head = "40022,22:USERID:OTHER:";
  REQUIRE(line.starts_with(head));
  REQUIRE(line.ends_with("\r\n"));
  return line.substr(head.size(), line.size() - head.size() - 2);
}

TEST_CASE("who names an address gets a token, whatever errors are to look like") {
  for (const Errors errors : {Errors::kPlain, Errors::kUnknownError, Errors::kToken}) {
    CHECK(tokens::IsStopdToken(TokenIn(ErrorReplyLine(kPorts, stop::kNoUser, errors, true))));
  }
}

TEST_CASE("other errors are told, masked, or replaced by a token") {
  CHECK(ErrorReplyLine(kPorts, stop::kNoUser, Errors::kPlain, false) ==
        "40022,22:ERROR:NO-USER\r\n");
  CHECK(ErrorReplyLine(kPorts, stop::kNoUser, Errors::kUnknownError, false) ==
        "40022,22:ERROR:UNKNOWN-ERROR\r\n");
  CHECK(
      tokens::IsStopdToken(TokenIn(ErrorReplyLine(kPorts, stop::kNoUser, Errors::kToken, false))));
}

TEST_CASE("names come with the system OTHER") {
  CHECK(ReplyLine(kPorts, Answer::Kind::kName, "alice") == "40022,22:USERID:OTHER:alice\r\n");
}

TEST_CASE("a user's list holds addresses and networks, and comments") {
  const IpAddress asker = *IpAddress::Parse("192.0.2.7");
  CHECK(IdentTextLists("192.0.2.7", asker));
  CHECK(IdentTextLists("# irc\n\n 192.0.2.0/24 # near\r\n", asker));
  CHECK(IdentTextLists("example.org\n2001:db8::/32\n192.0.2.7\n", asker));
  CHECK_FALSE(IdentTextLists("", asker));
  CHECK_FALSE(IdentTextLists("# 192.0.2.7\n192.0.2.8\n192.0.2.0/33\n192.0.2.7x\n", asker));
}

}  // namespace
}  // namespace cairn::daemon
