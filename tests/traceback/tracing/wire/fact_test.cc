// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/fact.h"

#include <random>
#include <string>

#include "catch2/catch.hpp"

#include "samples.h"

namespace cairn::tracing {
namespace {

std::string FaultOf(std::string_view bytes) {
  return std::string(DecodeFact(bytes).status().message());
}

// With one piece of its bytes replaced by another of any length.
std::string With(const Fact& fact, std::string_view old_hex, std::string_view new_hex) {
  std::string bytes = EncodeFact(fact);
  const std::string old = FromHex(old_hex);
  const size_t at = bytes.find(old);
  REQUIRE(at != std::string::npos);
  return bytes.replace(at, old.size(), FromHex(new_hex));
}

TEST_CASE("a fact comes back as it was, with bytes of any value in its texts") {
  CHECK(DecodeFact(EncodeFact(SampleFact())).value() == SampleFact());
  Fact plain{.asked = SampleConnection()};
  CHECK(DecodeFact(EncodeFact(plain)).value() == plain);
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  plain.host = all;
  plain.steps = {{.user = {.uid = UINT32_MAX, .name = all.substr(192)}, .program = all}};
  CHECK(DecodeFact(EncodeFact(plain)).value() == plain);
}

TEST_CASE("each finding comes back") {
  for (const Finding finding : {Finding::kConsole, Finding::kProcess, Finding::kNotKnown,
                                Finding::kNoSuchConnection, Finding::kFailed}) {
    const Fact fact{.asked = SampleConnection(), .asked_is_inbound = true, .finding = finding};
    INFO(FindingName(finding));
    CHECK(DecodeFact(EncodeFact(fact)).value() == fact);
  }
}

TEST_CASE("an IPv4 address is the same, also if a host sees it as a mapped one") {
  const Fact plain{.asked = {.local = End4("192.0.2.1", 22), .remote = End4("192.0.2.9", 40022)}};
  const Fact mapped{.asked = {.local = End4("::ffff:192.0.2.1", 22), .remote = plain.asked.remote}};
  CHECK(EncodeFact(mapped) == EncodeFact(plain));
  // Nor does it matter that another program says it in sixteen bytes.
  const std::string bytes = With(plain, "46c00002010016", "5200000000000000000000ffffc00002010016");
  CHECK(DecodeFact(bytes).value() == plain);
}

TEST_CASE("addresses of both kinds come back") {
  for (const char* ip : {"0.0.0.0", "255.255.255.255", "::", "2001:db8::ffff", "fe80::1"}) {
    const Fact fact{.asked = {.local = End4(ip, 65535), .remote = End4(ip, 0)}};
    INFO(ip);
    CHECK(DecodeFact(EncodeFact(fact)).value() == fact);
  }
}

TEST_CASE("an upstream connection is there if that is the finding, and only then") {
  Fact fact = SampleFact();
  fact.finding = Finding::kConsole;
  CHECK_THAT(FaultOf(EncodeFact(fact)), Catch::Contains("'upstream'"));
  fact.finding = Finding::kUpstream;
  fact.upstream.reset();
  CHECK_THAT(FaultOf(EncodeFact(fact)), Catch::Contains("'upstream'"));
}

TEST_CASE("texts and lists longer than their bounds are cut") {
  Fact fact = SampleFact();
  fact.host = std::string(kMostText + 1, 'h');
  fact.steps.assign(kMostSteps + 2, {.pid = 7});
  fact.steps[0] = {.user = {.name = std::string(kMostName + 1, 'u')},
                   .program = std::string(kMostText + 1, 'p'),
                   .terminal = std::string(kMostName + 1, 't'),
                   .how = "A way; " + std::string(40, 'x')};
  fact.steps_left_out = 3;
  fact.gaps.assign(kMostGaps + 1, "datagrams");
  fact.links.assign(kMostLinks + 1, fact.links[0]);
  const Fact cut = DecodeFact(EncodeFact(fact)).value();
  CHECK(cut.host == std::string(kMostText, 'h'));
  CHECK(cut.steps.size() == kMostSteps);
  CHECK(cut.steps_left_out == 5);
  CHECK(cut.steps[0].user.name == std::string(kMostName, 'u'));
  CHECK(cut.steps[0].program == std::string(kMostText, 'p'));
  CHECK(cut.steps[0].terminal == std::string(kMostName, 't'));
  CHECK(cut.steps[0].how == "__way__" + std::string(25, 'x'));
  CHECK(cut.gaps.size() == kMostGaps);
  CHECK(cut.links.size() == kMostLinks);
}

TEST_CASE("the longest fact fits: links go before steps") {
  Fact fact = SampleFact();
  const User user{.uid = UINT32_MAX, .name = std::string(kMostName, 'u')};
  fact.steps.assign(kMostSteps, {.pid = UINT32_MAX,
                                 .start = PacketTime::FromNanoseconds(1'700'000'000'000'000'000),
                                 .user = user,
                                 .real = user,
                                 .login = user,
                                 .program = std::string(kMostText, 'p'),
                                 .terminal = std::string(kMostName, 't'),
                                 .how = std::string(32, 'h')});
  const Connection wide{.local = End4("2001:db8::1", 65535), .remote = End4("2001:db8::2", 65535)};
  fact.links.assign(kMostLinks, {.outbound = wide, .inbound = wide});
  const std::string bytes = EncodeFact(fact);
  CHECK(bytes.size() <= kMostFactBytes);
  const Fact cut = DecodeFact(bytes).value();
  CHECK(cut.steps.size() == kMostSteps);
  CHECK(!cut.links.empty());
  CHECK(cut.links.size() < kMostLinks);
}

TEST_CASE("values of a fact out of their bounds are refused") {
  const Fact fact = SampleFact();
  // 16 bytes of the trace's id become 15, and 17.
  CHECK_THAT(FaultOf(With(fact, "65 7472616365 50 01", "65 7472616365 4f")),
             Catch::Contains("'trace'"));
  CHECK_THAT(FaultOf(With(fact, "65 7472616365 50", "65 7472616365 51 00")),
             Catch::Contains("'trace'"));
  // An address of 5 bytes, and one address alone.
  CHECK_THAT(FaultOf(With(fact, "65 61736b6564 82 46 c0", "65 61736b6564 82 45")),
             Catch::Contains("'asked'"));
  CHECK_THAT(FaultOf(With(fact, "65 61736b6564 82 46 c00002019c56 46 c00002090016",
                          "65 61736b6564 81 46 c00002019c56")),
             Catch::Contains("'asked'"));
  // one_of: 2 becomes 0, 2^32, and -1.
  CHECK_THAT(FaultOf(With(fact, "66 6f6e655f6f66 02", "66 6f6e655f6f66 00")),
             Catch::Contains("'one_of'"));
  CHECK_THAT(FaultOf(With(fact, "66 6f6e655f6f66 02", "66 6f6e655f6f66 1b0000000100000000")),
             Catch::Contains("'one_of'"));
  CHECK_THAT(FaultOf(With(fact, "66 6f6e655f6f66 02", "66 6f6e655f6f66 20")),
             Catch::Contains("'one_of'"));
  // sure: false becomes 0.
  CHECK_THAT(FaultOf(With(fact, "64 73757265 f4", "64 73757265 00")), Catch::Contains("'sure'"));
  // A finding that there is not.
  CHECK_THAT(FaultOf(With(fact, "66696e64696e67 68 757073747265616d",
                          "66696e64696e67 68 757073747265616e")),
             Catch::Contains("'finding'"));
  // A gap with a capital letter.
  CHECK_THAT(FaultOf(With(fact, "69 64617461", "69 44617461")), Catch::Contains("'gaps'"));
  // The first step's pid: 4711 becomes "", its user's name a text.
  CHECK_THAT(FaultOf(With(fact, "63 706964 191267", "63 706964 40")), Catch::Contains("'steps'"));
  CHECK_THAT(FaultOf(With(fact, "82 00 44 726f6f74", "82 00 64 726f6f74")),
             Catch::Contains("'steps'"));
  // A link without its last part.
  const std::string ends = "82 46 c00002019c56 46 c00002090016 82 46 c00002010016 46 c00002030007";
  CHECK_THAT(FaultOf(With(fact, "81 83" + ends + "f4", "81 82" + ends)),
             Catch::Contains("'links'"));
}

TEST_CASE("lists longer than their bounds are refused") {
  // Written by hand: what EncodeFact() writes is never too long.
  const Fact none{.asked = SampleConnection()};
  std::string gaps;
  for (size_t i = 0; i <= kMostGaps; ++i) gaps += "61 61";
  CHECK_THAT(FaultOf(With(none, "64 67617073 80", "64 67617073 98 21" + gaps)),
             Catch::Contains("'gaps'"));
  std::string steps;
  for (size_t i = 0; i <= kMostSteps; ++i) {
    steps += "a3 63 706964 01 64 7265616c 82 00 40 64 75736572 82 00 40";
  }
  CHECK_THAT(FaultOf(With(none, "65 7374657073 80", "65 7374657073 91" + steps)),
             Catch::Contains("'steps'"));
  const std::string ends = "82 46 000000000000 46 000000000000";
  std::string links;
  for (size_t i = 0; i <= kMostLinks; ++i) links += "83" + ends + ends + "f5";
  CHECK_THAT(FaultOf(With(none, "65 6c696e6b73 80", "65 6c696e6b73 98 41" + links)),
             Catch::Contains("'links'"));
}

TEST_CASE("times so far away that arithmetic with them would overflow are refused") {
  Fact fact = SampleFact();
  for (const int64_t ns :
       {int64_t{0}, int64_t{-1}, PacketTime::InfiniteFuture().ToNanoseconds() - 1,
        PacketTime::InfinitePast().ToNanoseconds() + 1}) {
    fact.time = PacketTime::FromNanoseconds(ns);
    CHECK(DecodeFact(EncodeFact(fact)).value() == fact);
  }
  for (const int64_t ns : {INT64_MAX, INT64_MIN, PacketTime::InfiniteFuture().ToNanoseconds(),
                           PacketTime::InfinitePast().ToNanoseconds() - 1}) {
    fact.time = PacketTime::FromNanoseconds(ns);
    CHECK_THAT(FaultOf(EncodeFact(fact)), Catch::Contains("'time'"));
  }
}

TEST_CASE("a fact that was cut anywhere, or has a byte changed, is refused or means something") {
  const std::string whole = EncodeFact(SampleFact());
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK(!DecodeFact(std::string_view(whole).substr(0, size)).ok());
  }
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string changed = whole;
    changed[random() % changed.size()] = static_cast<char>(random());
    const auto fact = DecodeFact(changed);
    if (fact.ok()) CHECK(DecodeFact(EncodeFact(*fact)).value() == *fact);
  }
  CHECK_THAT(FaultOf(std::string(kMostFactBytes + 1, '\0')), Catch::Contains("more than"));
}

TEST_CASE("the id of a trace is 32 hexadecimal digits") {
  const auto id = Filled<TraceId>(0x0a);
  CHECK(TraceIdText(id) == "0a0b0c0d0e0f10111213141516171819");
  CHECK(ParseTraceId(TraceIdText(id)) == id);
  CHECK(!ParseTraceId("").has_value());
  CHECK(!ParseTraceId("0a0b0c0d0e0f1011121314151617181").has_value());
  CHECK(!ParseTraceId("0a0b0c0d0e0f101112131415161718199").has_value());
  CHECK(!ParseTraceId("0a0b0c0d0e0f1011121314151617181g").has_value());
}

TEST_CASE("a connection is told as its own end and the other") {
  CHECK(SampleConnection().ToString() == "192.0.2.1:40022 -> 192.0.2.9:22");
  CHECK(SampleConnection().Reversed().ToString() == "192.0.2.9:22 -> 192.0.2.1:40022");
}

}  // namespace
}  // namespace cairn::tracing
