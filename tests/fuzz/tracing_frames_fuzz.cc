// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a stream from another agent: the frames are the same however it is cut, and what
// their pieces become is bounded.  The first byte says how it is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "traceback/tracing/wire/message.h"

using namespace cairn::tracing;

namespace {

struct Read {
  std::vector<std::string> frames;
  bool is_sound = true;
};

Read InSteps(std::string_view stream, size_t step) {
  Read read;
  FrameReader reader;
  for (size_t at = 0; at < stream.size() && read.is_sound; at += step) {
    reader.Append(stream.substr(at, step));
    while (true) {
      auto frame = reader.Next();
      read.is_sound = frame.ok();
      if (!frame.ok() || !frame->has_value()) break;
      read.frames.push_back(**std::move(frame));
    }
    if (read.is_sound && reader.size() > kMostFrameBytes + 2) std::abort();
  }
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Read whole = InSteps(stream, stream.size() + 1);
  const Read cut = InSteps(stream, size_t{data[0]} + 1);
  if (whole.is_sound != cut.is_sound || whole.frames != cut.frames) std::abort();
  PieceCollector collector;
  for (const std::string& frame : whole.frames) {
    const auto message = DecodeMessage(frame);
    if (!message.ok() || !std::holds_alternative<Push>(*message)) continue;
    const auto chain = collector.Take(std::get<Push>(*message).piece);
    if (chain.has_value() && chain->size() > kMostPieces * kMostPieceBytes) std::abort();
  }
  return 0;
}
