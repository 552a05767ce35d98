// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/stop/message.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::stop {
namespace {

IpAddress MessageIp(std::string_view text) { return *IpAddress::Parse(text); }

Request Parsed(std::string_view line) {
  PortPair ports;
  const absl::StatusOr<Request> request = ParseRequest(line, ports);
  INFO(line);
  INFO(request.status().ToString());
  REQUIRE(request.ok());
  CHECK(request->ports == ports);
  return *request;
}

absl::StatusCode CodeOf(std::string_view line) {
  PortPair ports;
  return ParseRequest(line, ports).status().code();
}

TEST_CASE("each type of request is read as the paper and RFC 1413 write it") {
  CHECK(Parsed("6191,23") == Request{.ports = {6191, 23}});
  CHECK(Parsed("6191,23:ID") == Request{.ports = {6191, 23}, .type = RequestType::kId});
  CHECK(Parsed("6191,23:SV") == Request{.ports = {6191, 23}, .type = RequestType::kSv});
  CHECK(Parsed("6191,23:ID_REC:4294967295") ==
        Request{.ports = {6191, 23}, .type = RequestType::kIdRec, .session_id = 4294967295});
  CHECK(Parsed("1,65535:SV_REC:0:192.0.2.7") == Request{.ports = {1, 65535},
                                                        .type = RequestType::kSvRec,
                                                        .session_id = 0,
                                                        .about = MessageIp("192.0.2.7")});
  CHECK(Parsed("6191,23:ID:[2001:db8::7]").about == MessageIp("2001:db8::7"));
}

TEST_CASE("white space and the spelling of types are free") {
  CHECK(Parsed(" 6191 ,\t23 ") == Request{.ports = {6191, 23}});
  CHECK(Parsed("6191 , 23 : sv_rec : 7 : 192.0.2.7 ") == Parsed("6191,23:SV_REC:7:192.0.2.7"));
  CHECK(Parsed("6191,23:SV REC:7") == Parsed("6191,23:SV_REC:7"));
  CHECK(Parsed("6191,23:ID  REC:7") == Parsed("6191,23:ID_REC:7"));
  CHECK(Parsed("6191,23:ID:[ 2001:db8::7 ]").about == MessageIp("2001:db8::7"));
}

TEST_CASE("a port that is none is told from a request that is none") {
  for (const char* line : {"0,23", "6191,0", "65536,23", "6191,65536", "-1,23", "6191,", "6191", "",
                           "x,y", "1.5,23", "6191,23,7", "99999999999,23", ":ID"}) {
    INFO(line);
    CHECK(CodeOf(line) == absl::StatusCode::kOutOfRange);
  }
  for (const char* line :
       {"6191,23:", "6191,23:XX", "6191,23:SV_REC", "6191,23:SV_REC:", "6191,23:SV_REC:4294967296",
        "6191,23:SV_REC:-1", "6191,23:SV_REC:0x7", "6191,23:ID:", "6191,23:ID:256.0.2.7",
        "6191,23:ID:192.0.2", "6191,23:ID:2001:db8::7", "6191,23:ID:[192.0.2.7]",
        "6191,23:ID:[2001:db8::7", "6191,23:ID:example.org", "6191,23:ID:192.0.2.7:1"}) {
    INFO(line);
    CHECK(CodeOf(line) == absl::StatusCode::kInvalidArgument);
  }
  const std::string long_line = "6191,23:ID" + std::string(kMaxLineBytes, ' ');
  CHECK(CodeOf(long_line) == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("what could be read of faulty ports is there for the reply") {
  PortPair ports;
  CHECK_FALSE(ParseRequest("70000 , 23", ports).ok());
  CHECK(ports == PortPair{70000, 23});
  CHECK_FALSE(ParseRequest("x,23", ports).ok());
  CHECK(ports == PortPair{0, 23});
  CHECK_FALSE(ParseRequest("6191,23:SV_REC", ports).ok());
  CHECK(ports == PortPair{6191, 23});
}

TEST_CASE("an IPv6 address stands in brackets, an IPv4 address never") {
  Request request = {
      .ports = {6191, 23}, .type = RequestType::kSv, .about = MessageIp("2001:db8::7")};
  CHECK(FormatRequest(request) == "6191,23:SV:[2001:db8::7]\r\n");
  request.about = MessageIp("::ffff:192.0.2.7");
  CHECK(FormatRequest(request) == "6191,23:SV:192.0.2.7\r\n");
  CHECK(FormatRequest({.ports = {6191, 23}}) == "6191,23\r\n");
}

TEST_CASE("replies of ordinary ident servers are read") {
  const absl::StatusOr<Reply> named = ParseReply("6193, 23 : USERID : UNIX : stjohns");
  REQUIRE(named.ok());
  CHECK(named->ports == PortPair{6193, 23});
  CHECK(named->error.empty());
  CHECK(named->system == "UNIX");
  CHECK(named->charset.empty());
  CHECK(named->user == "stjohns");
  const absl::StatusOr<Reply> with_charset =
      ParseReply("6193, 23 : USERID : UNIX , US-ASCII : a user: with blanks ");
  REQUIRE(with_charset.ok());
  CHECK(with_charset->charset == "US-ASCII");
  CHECK(with_charset->user == "a user: with blanks");
  for (const char* error : {"INVALID-PORT", "NO-USER", "HIDDEN-USER", "UNKNOWN-ERROR", "X-LATER"}) {
    const absl::StatusOr<Reply> reply = ParseReply("6195 , 23 : ERROR : " + std::string(error));
    REQUIRE(reply.ok());
    CHECK(reply->error == error);
  }
}

TEST_CASE("what is no reply is refused") {
  const std::vector<std::string> lines = {
      "",
      "6193,23",
      "6193:ERROR:NO-USER",
      "x,23:ERROR:NO-USER",
      "6193,23:ERROR",
      "6193,23:ERROR:",
      "6193,23:ERROR:SOMETHING",
      "6193,23:ERROR:X",
      "6193,23:USERID:UNIX",
      "6193,23:USERID:UNIX:",
      "6193,23:USERID::name",
      "6193,23:USERID:UNIX,:name",
      "6193,23:GREETING:UNIX:name",
      "6193,23:USERID:UNIX:" + std::string(kMaxTokenBytes + 1, 'a'),
      std::string("6193,23:USERID:UNIX:a\0b", 23),
  };
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(ParseReply(line).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("a token is one printable word without a colon") {
  CHECK(IsToken("0123456789abcdef"));
  CHECK(IsToken(std::string(kMaxTokenBytes, '!')));
  CHECK_FALSE(IsToken(""));
  CHECK_FALSE(IsToken(std::string(kMaxTokenBytes + 1, '!')));
  for (const char* text : {"a:b", "a b", "a\tb", "\x7f", "\x80", "a\n"}) CHECK_FALSE(IsToken(text));
}

// Random messages, each kind of field in each form.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  Request MakeRequest() {
    Request request;
    request.ports = {Between(1, 65535), Between(1, 65535)};
    request.type = static_cast<RequestType>(Between(0, 4));
    if (IsRecursive(request.type)) request.session_id = static_cast<uint32_t>(random_());
    if (request.type != RequestType::kIdent && Between(0, 1) == 1) request.about = MakeIp();
    return request;
  }
  Reply MakeReply() {
    Reply reply;
    reply.ports = {Between(0, 70000), Between(0, 70000)};
    if (Between(0, 2) == 0) {
      reply.error = Between(0, 1) == 0 ? std::string(kNoUser) : "X" + MakeWord(63);
      return reply;
    }
    reply.system = MakeWord(64);
    if (reply.system.find(',') != std::string::npos) reply.system = kOtherSystem;
    if (Between(0, 1) == 1) reply.charset = MakeWord(64);
    reply.user = MakeWord(kMaxTokenBytes);
    return reply;
  }

 private:
  uint32_t Between(uint32_t least, uint32_t most) {
    return std::uniform_int_distribution<uint32_t>(least, most)(random_);
  }
  IpAddress MakeIp() {
    if (Between(0, 1) == 0) return IpAddress::FromV4(static_cast<uint32_t>(random_()));
    return IpAddress::FromWords(uint64_t{random_()} << 32 | random_(), random_());
  }
  std::string MakeWord(size_t most) {
    std::string word(Between(1, static_cast<uint32_t>(most)), ' ');
    for (char& c : word) c = static_cast<char>(Between('!', '~'));
    std::replace(word.begin(), word.end(), ':', ';');
    return word;
  }

  std::mt19937 random_;
};

std::string_view WithoutEnd(std::string_view line) {
  REQUIRE(line.ends_with("\r\n"));
  return line.substr(0, line.size() - 2);
}

TEST_CASE("what is written is read back the same") {
  Maker make(17);
  for (int i = 0; i < 2000; ++i) {
    const Request request = make.MakeRequest();
    const std::string line = FormatRequest(request);
    CHECK(Parsed(WithoutEnd(line)) == request);
    const Reply reply = make.MakeReply();
    const std::string answer = FormatReply(reply);
    INFO(answer);
    const absl::StatusOr<Reply> again = ParseReply(WithoutEnd(answer));
    REQUIRE(again.ok());
    CHECK(*again == reply);
  }
}

TEST_CASE("a line that names an address is known as such, be it a request otherwise or not") {
  for (const char* line :
       {"6191,23:SV:192.0.2.7", "6191,23:SV_REC:7:192.0.2.7", "0,23:SV:192.0.2.7", "x:ID:192.0.2.7",
        "6191,23:ID_REC:192.0.2.7", "6191,23:WHAT:192.0.2.7", "6191,23:SV:[2001:db8::7]",
        "6191,23:SV:2001:db8::7", "6191,23 : ID : 999.1.1.1", "6191,23:SV:example.org"}) {
    INFO(line);
    CHECK(NamesAddress(line));
  }
  for (const char* line : {"6191,23", "6191,23:SV", "6191,23:SV_REC:7", "6191,23:SV_REC", "0,0", "",
                           "6191,23:WHAT", "6191,23:SV_REC: 7 ", "192.0.2.7,23:ID"}) {
    INFO(line);
    CHECK_FALSE(NamesAddress(line));
  }
}

}  // namespace
}  // namespace cairn::stop
