// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "samples.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {
namespace {

std::vector<std::string> All(FrameReader& reader) {
  std::vector<std::string> frames;
  while (true) {
    const auto frame = reader.Next();
    REQUIRE(frame.ok());
    if (!frame->has_value()) return frames;
    frames.push_back(**frame);
  }
}

std::string Framed(const std::string& frame) {
  return std::string{static_cast<char>(frame.size() >> 8), static_cast<char>(frame.size() & 0xff)} +
         frame;
}

TEST_CASE("frames are the same however their bytes are cut") {
  std::string stream;
  std::vector<std::string> expected;
  for (const Message& message : SampleMessages()) {
    stream += EncodeMessage(message);
    expected.push_back(FrameOf(message));
  }
  for (size_t size : {size_t{1}, size_t{2}, size_t{3}, size_t{100}, stream.size()}) {
    FrameReader reader;
    std::vector<std::string> frames;
    for (size_t at = 0; at < stream.size(); at += size) {
      reader.Append(std::string_view(stream).substr(at, size));
      for (std::string& frame : All(reader)) frames.push_back(std::move(frame));
    }
    CHECK(frames == expected);
    CHECK(reader.size() == 0);
  }
}

TEST_CASE("a frame that is not whole is kept") {
  FrameReader reader;
  reader.Append(Framed("whole") + Framed("part").substr(0, 5));
  CHECK(All(reader) == std::vector<std::string>{"whole"});
  CHECK(reader.size() == 5);
  reader.Append("t");
  CHECK(All(reader) == std::vector<std::string>{"part"});
  CHECK(reader.size() == 0);
}

TEST_CASE("frames of one byte and of 16 KiB are read") {
  FrameReader reader;
  const std::string longest(kMostFrameBytes, 'x');
  reader.Append(Framed("x") + Framed(longest) + Framed("x") + Framed(longest));
  CHECK(All(reader) == std::vector<std::string>{"x", longest, "x", longest});
}

TEST_CASE("a frame that is empty or too long ends the reading, as soon as its length is there") {
  for (const std::string& length :
       {std::string("\0\0", 2), std::string("\x40\x01", 2), std::string("\xff\xff", 2)}) {
    FrameReader reader;
    reader.Append(Framed("before") + length);
    CHECK(**reader.Next() == "before");
    CHECK(reader.Next().status().code() == absl::StatusCode::kInvalidArgument);
    reader.Append(Framed("after"));
    CHECK(!reader.Next().ok());
  }
}

}  // namespace
}  // namespace cairn::tracing
