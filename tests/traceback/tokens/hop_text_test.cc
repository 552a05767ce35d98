// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/hop_text.h"

#include "catch2/catch.hpp"

namespace cairn::tokens {
namespace {

using Catch::Matchers::Contains;

NextHop HopOf(const char* remote, const std::string& token, const std::string& error = "") {
  return {.time = PacketTime::FromNanoseconds(1),
          .local = {*IpAddress::Parse("10.0.0.1"), 22},
          .remote = {*IpAddress::Parse(remote), 40000},
          .result = token.empty() && error.empty() ? "timed_out" : "answered",
          .token = token,
          .error = error};
}

Redeemed WithRecord() {
  Redeemed redeemed;
  redeemed.token = RandomToken();
  redeemed.state = RecordState::kIntact;
  redeemed.record.emplace();
  const NextHop named = HopOf("10.0.0.7", "");
  redeemed.record->snapshot.previous_hosts.push_back(
      {.local = named.local, .remote = named.remote, .path = {}});
  return redeemed;
}

TEST_CASE("only what has the form of a token is called one") {
  const std::string token = RandomToken();
  CHECK(HopText(HopOf("10.0.0.7", token)) == "its token: " + token);
  for (const std::string& other : {std::string("root"), token.substr(1), token + "0"}) {
    CHECK_THAT(HopText(HopOf("10.0.0.7", other)), Contains("no token; it answered: "));
    CHECK_THAT(HopText(HopOf("10.0.0.7", other)), !Contains("its token"));
  }
  CHECK(HopText(HopOf("10.0.0.7", "", "NO-USER")) == "no token; it answered the error NO-USER");
  CHECK(HopText(HopOf("10.0.0.7", "")) == "no token: timed_out");
  CHECK_THAT(HopText(HopOf("10.0.0.7", "a\x1b[31m")), Contains("a?[31m"));
}

TEST_CASE("answers of hosts that the record does not name stand apart") {
  Redeemed redeemed = WithRecord();
  const std::string true_token = RandomToken();
  const std::string planted = RandomToken();
  redeemed.next_hops.push_back(HopOf("10.0.0.7", true_token));
  CHECK(HopsBesideRecordText(redeemed).empty());
  redeemed.next_hops.push_back(HopOf("10.0.0.66", planted));
  const std::string text = RedeemedText(redeemed);
  const size_t origins = text.find("WHERE THE SESSION CAME FROM");
  const size_t beside = text.find("ANSWERS THAT ARE NOT OF THE RECORD");
  REQUIRE(origins != std::string::npos);
  REQUIRE(beside != std::string::npos);
  const size_t shown_true = text.find(true_token);
  CHECK((origins < shown_true && shown_true < beside));
  CHECK(text.find("10.0.0.66") > beside);
  CHECK(text.find(planted) > beside);
  const std::string json = RedeemedJson(redeemed);
  CHECK_THAT(json, Contains("\"in_record\":true") && Contains("\"in_record\":false"));
}

TEST_CASE("without a record the answers are all there is") {
  Redeemed redeemed;
  redeemed.token = RandomToken();
  redeemed.entry.emplace();
  redeemed.next_hops.push_back(HopOf("10.0.0.7", RandomToken()));
  const std::string text = RedeemedText(redeemed);
  CHECK_THAT(text, Contains("10.0.0.7") && !Contains("NOT OF THE RECORD"));
  CHECK_THAT(RedeemedJson(redeemed), !Contains("in_record"));
}

}  // namespace
}  // namespace cairn::tokens
