// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/message.h"

#include <random>
#include <string>

#include "catch2/catch.hpp"

#include "samples.h"

namespace cairn::tracing {
namespace {

std::string MessageFaultOf(std::string_view frame) {
  return std::string(DecodeMessage(frame).status().message());
}

std::string MessageWith(const Message& message, std::string_view old_hex,
                        std::string_view new_hex) {
  std::string frame = FrameOf(message);
  const std::string old = FromHex(old_hex);
  const size_t at = frame.find(old);
  REQUIRE(at != std::string::npos);
  return frame.replace(at, old.size(), FromHex(new_hex));
}

TEST_CASE("each message comes back as it was, after its length") {
  for (const Message& message : SampleMessages()) {
    INFO(message.index());
    const std::string framed = EncodeMessage(message);
    CHECK(static_cast<uint8_t>(framed[0]) * 256 + static_cast<uint8_t>(framed[1]) ==
          static_cast<int>(framed.size()) - 2);
    CHECK(DecodeMessage(framed.substr(2)).value() == message);
  }
}

TEST_CASE("messages come back without what they may lack") {
  const auto trace = Filled<TraceId>(1);
  for (const Message& message :
       std::vector<Message>{Hello{}, Hello{.version = 255}, Trace{.trace = trace}, Hop{},
                            Done{.trace = trace}, Pull{}, Push{}, Deny{}, Revoke{}}) {
    INFO(message.index());
    CHECK(DecodeMessage(FrameOf(message)).value() == message);
  }
}

TEST_CASE("each denial comes back") {
  for (int i = 0; i <= static_cast<int>(Denial::kInvalid); ++i) {
    const Deny deny{.reason = static_cast<Denial>(i)};
    INFO(DenialName(deny.reason));
    CHECK(DecodeMessage(FrameOf(deny)).value() == Message(deny));
  }
}

TEST_CASE("the longest of each message fits into a frame") {
  const std::string text(kMostText + 1, 't');
  const std::string piece(kMostPieceBytes, 'p');
  const Connection wide{.local = End4("2001:db8::1", 65535), .remote = End4("2001:db8::2", 65535)};
  Pull pull;
  for (size_t i = 0; i < kMostVector; ++i) {
    AgentId origin = {};
    origin[0] = static_cast<uint8_t>(i >> 8);
    origin[1] = static_cast<uint8_t>(i & 0xff);
    pull.known.push_back({.origin = origin, .sequence = UINT64_MAX});
  }
  const Hop hop{.number = 63,
                .fact = {.fact = std::string(kMostFactBytes, 'f'),
                         .signature = std::string(kMostSignatureBytes, 's'),
                         .certificate = std::string(kMostCertificateBytes, 'c')}};
  const std::vector<Message> messages = {
      hop, pull, Push{.sequence = UINT64_MAX, .piece = {.part = 63, .parts = 64, .bytes = piece}},
      Revoke{.number = UINT64_MAX, .piece = {.part = 63, .parts = 64, .bytes = piece}}};
  for (const Message& message : messages) {
    INFO(message.index());
    CHECK(FrameOf(message).size() <= kMostFrameBytes);
    CHECK(DecodeMessage(FrameOf(message)).value() == message);
  }
  pull.known.push_back({.origin = Filled<AgentId>(200)});
  CHECK(std::get<Pull>(DecodeMessage(FrameOf(pull)).value()).known.size() == kMostVector);
  const Trace trace{.connection = wide, .hops_left = 65, .reason = text};
  const auto cut = std::get<Trace>(DecodeMessage(FrameOf(trace)).value());
  CHECK(cut.hops_left == kMostHops);
  CHECK(cut.reason == text.substr(1));
  CHECK(std::get<Hello>(DecodeMessage(FrameOf(Hello{.name = text})).value()).name ==
        text.substr(1));
  const Push push{.piece = {.bytes = piece + "more"}};
  CHECK(std::get<Push>(DecodeMessage(FrameOf(push)).value()).piece.bytes == piece);
}

TEST_CASE("values of a message out of their bounds are refused") {
  const std::vector<Message> all = SampleMessages();
  CHECK_THAT(
      MessageFaultOf(MessageWith(all[0], "67 76657273696f6e 01", "67 76657273696f6e 190100")),
      Catch::Contains("'version' of hello"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[0], "82 195e31 191388", "82 00 191388")),
             Catch::Contains("'work_port'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[0], "82 195e31 191388", "81 195e31")),
             Catch::Contains("'work_port'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[0], "65 6d6f766564 f5", "65 6d6f766564 01")),
             Catch::Contains("'moved'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[1], "1840", "1841")), Catch::Contains("'hops_left'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[2], "183f", "1840")), Catch::Contains("'number'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[3], "64 686f7073 02", "64 686f7073 1841")),
             Catch::Contains("'hops'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[3], "6e6f5f6167656e74", "6e6f5f6167656e73")),
             Catch::Contains("'end'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[5], "65 7061727473 02", "65 7061727473 01")),
             Catch::Contains("'part'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[5], "65 7061727473 02", "65 7061727473 1841")),
             Catch::Contains("'parts'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[7], "65 7061727473 01", "65 7061727473 00")),
             Catch::Contains("'part'"));
  CHECK_THAT(MessageFaultOf(MessageWith(all[6], "64 72617465", "64 72617466")),
             Catch::Contains("'reason'"));
  CHECK_THAT(MessageFaultOf(
                 MessageWith(all[6], "65 7265747279 197530", "65 7265747279 1b0000000100000000")),
             Catch::Contains("'retry'"));
}

TEST_CASE("a message without one of its keys is refused") {
  // DENY: {"kind": "deny"} alone, and without "retry".
  CHECK_THAT(MessageFaultOf(FromHex("a1 64 6b696e64 64 64656e79")), Catch::Contains("'reason'"));
  CHECK_THAT(MessageFaultOf(FromHex("a2 64 6b696e64 64 64656e79 66 726561736f6e 64 72617465")),
             Catch::Contains("'retry'"));
  for (const char* kind : {"65 68656c6c6f", "65 7472616365", "63 686f70", "64 646f6e65",
                           "64 70757368", "66 7265766f6b65"}) {
    INFO(kind);
    CHECK_THAT(MessageFaultOf(FromHex("a1 64 6b696e64" + std::string(kind))),
               Catch::Contains("is missing"));
  }
  CHECK_THAT(MessageFaultOf(MessageWith(SampleMessages()[2], "64 66616374", "64 66616365")),
             Catch::Contains("'fact'"));
}

TEST_CASE("what PULL knows is sorted and has each origin once") {
  const VectorEntry one{.origin = Filled<AgentId>(1), .sequence = 5};
  const VectorEntry two{.origin = Filled<AgentId>(2), .sequence = 5};
  CHECK(DecodeMessage(FrameOf(Pull{.known = {one, two}})).ok());
  CHECK_THAT(MessageFaultOf(FrameOf(Pull{.known = {two, one}})), Catch::Contains("'known'"));
  CHECK_THAT(MessageFaultOf(FrameOf(Pull{.known = {one, one}})), Catch::Contains("'known'"));
}

TEST_CASE("a message that was cut anywhere, or has a byte changed, is refused or means something") {
  std::mt19937 random(7);
  for (const Message& message : SampleMessages()) {
    const std::string whole = FrameOf(message);
    for (size_t size = 0; size < whole.size(); ++size) {
      CHECK(!DecodeMessage(std::string_view(whole).substr(0, size)).ok());
    }
    for (int i = 0; i < 3000; ++i) {
      std::string changed = whole;
      changed[random() % changed.size()] = static_cast<char>(random());
      const auto read = DecodeMessage(changed);
      if (read.ok()) CHECK(DecodeMessage(FrameOf(*read)).value() == *read);
    }
  }
}

TEST_CASE("bytes without sense are refused") {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 64, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    CHECK(!DecodeMessage(bytes).ok());
  }
}

}  // namespace
}  // namespace cairn::tracing
