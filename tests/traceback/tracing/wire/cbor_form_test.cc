// SPDX-License-Identifier: BSD-3-Clause
// The form of what agents send each other, byte by byte: another implementation must write the
// same, and nothing else is taken.
#include <string>
#include <string_view>

#include "catch2/catch.hpp"

#include "samples.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {
namespace {

std::string TextOf(std::string_view frame) {
  return std::string(DecodeMessage(frame).status().message());
}

// Keys of a PULL that knows nothing: "kind" (4 bytes) and "known" (5).
constexpr std::string_view kPull = "a2 64 6b696e64 64 70756c6c 65 6b6e6f776e 80";
constexpr std::string_view kDeny =
    "a3 64 6b696e64 64 64656e79 65 7265747279 00 66 726561736f6e 64 72617465";

TEST_CASE("messages have the bytes that RFC 8949 4.2 gives them: shorter keys first") {
  CHECK(ToHex(EncodeMessage(Pull{})) == "0012" + ToHex(FromHex(kPull)));
  CHECK(ToHex(FrameOf(Deny{.reason = Denial::kRate})) == ToHex(FromHex(kDeny)));
  CHECK(ToHex(FrameOf(Revoke{.number = 256, .piece = {.part = 0, .parts = 24, .bytes = "ab"}})) ==
        ToHex(FromHex("a5 64 6b696e64 66 7265766f6b65 64 70617274 00 65 6279746573 42 6162"
                      "65 7061727473 1818 66 6e756d626572 190100")));
}

TEST_CASE("what is written by hand in that form is read") {
  CHECK(DecodeMessage(FromHex(kPull)).value() == Message(Pull{}));
  CHECK(DecodeMessage(FromHex(kDeny)).value() == Message(Deny{.reason = Denial::kRate}));
}

TEST_CASE("the sizes of numbers are the shortest ones") {
  for (const auto& [number, bytes] :
       std::initializer_list<std::pair<uint32_t, const char*>>{{0, "00"},
                                                               {23, "17"},
                                                               {24, "1818"},
                                                               {255, "18ff"},
                                                               {256, "190100"},
                                                               {65535, "19ffff"},
                                                               {65536, "1a00010000"},
                                                               {4294967295, "1affffffff"}}) {
    const std::string hex = "a3 64 6b696e64 64 64656e79 65 7265747279 " + std::string(bytes) +
                            "66 726561736f6e 64 72617465";
    const Deny deny{.reason = Denial::kRate, .retry_milliseconds = number};
    CHECK(ToHex(FrameOf(deny)) == ToHex(FromHex(hex)));
    CHECK(DecodeMessage(FromHex(hex)).value() == Message(deny));
  }
}

TEST_CASE("another form of the same message is refused") {
  const std::string_view form = "not the deterministic form";
  // "known" before "kind".
  CHECK_THAT(TextOf(FromHex("a2 65 6b6e6f776e 80 64 6b696e64 64 70756c6c")),
             Catch::Contains(std::string(form)));
  // Longer keys first, as plain alphabetic order would have "reason" before "retry".
  CHECK_THAT(
      TextOf(FromHex("a3 64 6b696e64 64 64656e79 66 726561736f6e 64 72617465 65 7265747279 00")),
      Catch::Contains(std::string(form)));
  // The number 0, or a length, in a byte of its own, in two, four and eight.
  for (const char* zero : {"1800", "190000", "1a00000000", "1b0000000000000000"}) {
    CHECK_THAT(TextOf(FromHex("a3 64 6b696e64 64 64656e79 65 7265747279" + std::string(zero) +
                              "66 726561736f6e 64 72617465")),
               Catch::Contains(std::string(form)));
  }
  CHECK_THAT(TextOf(FromHex("a2 7804 6b696e64 64 70756c6c 65 6b6e6f776e 80")),
             Catch::Contains(std::string(form)));
  CHECK_THAT(TextOf(FromHex("b802 64 6b696e64 64 70756c6c 65 6b6e6f776e 80")),
             Catch::Contains(std::string(form)));
  CHECK_THAT(TextOf(FromHex("a2 64 6b696e64 64 70756c6c 65 6b6e6f776e 9800")),
             Catch::Contains(std::string(form)));
  // A key twice.
  CHECK_THAT(TextOf(FromHex("a3 64 6b696e64 64 70756c6c 65 6b6e6f776e 80 65 6b6e6f776e 80")),
             Catch::Contains(std::string(form)));
  // -2^64, which no number of 64 bits is.
  CHECK_THAT(
      TextOf(FromHex("a3 61 78 3bffffffffffffffff 64 6b696e64 64 70756c6c 65 6b6e6f776e 80")),
      Catch::Contains(std::string(form)));
}

TEST_CASE("unknown keys are ignored, with whatever values the protocol uses") {
  for (const char* value :
       {"00", "20", "43 ff00fe", "63 616263", "80", "a0", "f4", "f5", "81 82 01 40",
        "a1 61 61 a1 61 62 80", "3b7fffffffffffffff", "1bffffffffffffffff"}) {
    INFO(value);
    const std::string hex =
        "a3 61 78" + std::string(value) + "64 6b696e64 64 70756c6c 65 6b6e6f776e 80";
    CHECK(DecodeMessage(FromHex(hex)).value() == Message(Pull{}));
  }
}

TEST_CASE("values that the protocol does not use are refused, also under unknown keys") {
  const auto with = [](std::string_view value) {
    return TextOf(
        FromHex("a3 61 78" + std::string(value) + "64 6b696e64 64 70756c6c 65 6b6e6f776e 80"));
  };
  CHECK_THAT(with("f6"), Catch::Contains("a value that is not used"));           // null
  CHECK_THAT(with("f7"), Catch::Contains("a value that is not used"));           // undefined
  CHECK_THAT(with("e0"), Catch::Contains("a value that is not used"));           // simple(0)
  CHECK_THAT(with("f8 20"), Catch::Contains("a value that is not used"));        // simple(32)
  CHECK_THAT(with("f9 3c00"), Catch::Contains("a value that is not used"));      // 1.0
  CHECK_THAT(with("fa 3f800000"), Catch::Contains("a value that is not used"));  // 1.0
  CHECK_THAT(with("fb 3ff0000000000000"), Catch::Contains("a value that is not used"));  // 1.0
  CHECK_THAT(with("c0 00"), Catch::Contains("a tag"));
  CHECK_THAT(with("d8 18 40"), Catch::Contains("a tag"));
  CHECK_THAT(with("5f 41 00 ff"), Catch::Contains("an indefinite length"));
  CHECK_THAT(with("7f 61 61 ff"), Catch::Contains("an indefinite length"));
  CHECK_THAT(with("9f ff"), Catch::Contains("an indefinite length"));
  CHECK_THAT(with("bf ff"), Catch::Contains("an indefinite length"));
  CHECK_THAT(with("1c"), Catch::Contains("an indefinite length"));  // reserved
  CHECK_THAT(with("61 7f"), Catch::Contains("printing ASCII"));
  CHECK_THAT(with("62 c3a4"), Catch::Contains("printing ASCII"));
  CHECK_THAT(with("a1 00 00"), Catch::Contains("a key is not a text"));
  CHECK_THAT(with("a1 41 61 00"), Catch::Contains("a key is not a text"));
}

TEST_CASE("four levels are read and five are not") {
  const auto with = [](std::string_view value) {
    return DecodeMessage(FromHex("a3 61 78" + std::string(value) +
                                 "64 6b696e64 64 70756c6c 65 6b6e6f776e 80"))
        .status();
  };
  CHECK(with("81 81 80").ok());
  CHECK(with("81 81 81 00").ok());
  CHECK_THAT(std::string(with("81 81 81 80").message()), Catch::Contains("too many levels"));
  CHECK_THAT(std::string(with("81 81 81 a0").message()), Catch::Contains("too many levels"));
}

TEST_CASE("lengths that are not there cost nothing and are refused") {
  const std::string head = "a3 61 78";
  for (const char* value :
       {"9b1000000000000000", "bb1000000000000000", "5b1000000000000000", "7b1000000000000000",
        "9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7bffffffffffffffff",
        "9affffffff", "99ffff", "5affffffff", "58ff", "1b", "81", "a1", "a1 61 61"}) {
    INFO(value);
    CHECK_THAT(TextOf(FromHex(head + value)), Catch::Contains("cut off"));
  }
  CHECK_THAT(TextOf(std::string(kMostFrameBytes, '\x81')), Catch::Contains("too many levels"));
  CHECK_THAT(TextOf(std::string(kMostFrameBytes, '\x9b')), Catch::Contains("cut off"));
}

TEST_CASE("4096 items are read and more are not") {
  // An array under an unknown key; beside it: the map, three keys, and two values.
  const auto with = [](size_t count) {
    return DecodeMessage(
               FromHex("a3 61 78 99" + ToHex(std::string(1, static_cast<char>(count >> 8))) +
                       ToHex(std::string(1, static_cast<char>(count & 0xff)))) +
               std::string(count, '\0') + FromHex("64 6b696e64 64 70756c6c 65 6b6e6f776e 80"))
        .status();
  };
  CHECK(with(4096 - 7).ok());
  CHECK_THAT(std::string(with(4096 - 6).message()), Catch::Contains("too many items"));
}

TEST_CASE("a frame is one value, of 16 KiB at most") {
  CHECK_THAT(TextOf(FromHex(kPull) + '\0'), Catch::Contains("stands after"));
  CHECK_THAT(TextOf(""), Catch::Contains("cut off"));
  // Under an unknown key, a byte string that fills the frame: "a3 61 78 59 LLLL" and the rest.
  const auto filled = [](size_t size) {
    const size_t length = size - 6 - (FromHex(kPull).size() - 1);
    return FromHex("a3 61 78 59") + static_cast<char>(length >> 8) +
           static_cast<char>(length & 0xff) + std::string(length, 'x') + FromHex(kPull).substr(1);
  };
  CHECK(filled(kMostFrameBytes).size() == kMostFrameBytes);
  CHECK(DecodeMessage(filled(kMostFrameBytes)).ok());
  CHECK_THAT(TextOf(filled(kMostFrameBytes + 1)), Catch::Contains("more than 16384 bytes"));
}

TEST_CASE("what is no map, or has no kind, is refused") {
  for (const char* hex :
       {"80", "00", "64 70756c6c", "a0", "a1 65 6b6e6f776e 80", "a1 64 6b696e64 44 70756c6c",
        "a1 64 6b696e64 00", "a1 64 6b696e64 64 70756c78", "a1 64 6b696e64 60"}) {
    INFO(hex);
    CHECK(DecodeMessage(FromHex(hex)).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace cairn::tracing
