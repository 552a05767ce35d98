// SPDX-License-Identifier: BSD-3-Clause
#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

// Stepping stones among other sessions; connections that end, are reused, and are too many for the
// tables.
std::vector<Segment> BusySite() {
  TraceBuilder trace;
  for (uint32_t i = 0; i < 120; ++i) {
    const IpAddress stone = IpAddress::FromV4(0x0a000100U + i % 40);
    const auto port = static_cast<uint16_t>(20000 + i);
    const int64_t start = i * 700;
    const auto up = trace.Open({IpAddress::FromV4(0xc6330100U + i), 40000}, {stone, 22}, Ms(start));
    const auto down =
        trace.Open({stone, port}, {IpAddress::FromV4(0xcb007200U + i % 9), 22}, Ms(start + 100));
    if (i % 3 == 0) {
      Relay(trace, up, down, Typing(i, 30, Ms(start + 1000)));
    } else {
      Talk(trace, up, Typing(i, 30, Ms(start + 1000)));
      Talk(trace, down, Typing(i + 1000, 30, Ms(start + 1000)));
    }
    if (i % 4 == 1) trace.Close(up, Ms(start + 40000)).Rst(down, From::kServer, Ms(start + 50000));
    for (uint32_t scan = 0; scan < 30; ++scan) {
      Segment syn;
      syn.time = Ms(start + scan * 20);
      syn.src = IpAddress::FromV4(0xc0000200U + i);
      syn.dst = IpAddress::FromV4(0x0a000000U + scan);
      syn.src_port = static_cast<uint16_t>(1000 + scan);
      syn.dst_port = 23;
      syn.flags = kSyn;
      trace.Add(syn);
    }
  }
  return trace.Build();
}

std::vector<std::string> Lines(const Outcome& outcome) {
  std::vector<std::string> lines;
  for (const Event& event : outcome.events) lines.push_back(Describe(event));
  return lines;
}

TEST_CASE("Neither a repetition nor the size of batches changes a single event") {
  const std::vector<Segment> segments = BusySite();
  DetectorOptions options;
  if (GENERATE(false, true)) {
    options.connections.max_connections = 200;
    options.timing.max_pairs = 50;
    options.timing.max_recent_onsets = 64;
  }
  const Outcome first = Detect(options, segments, 256);
  REQUIRE(first.pairs.size() >= 10);
  for (const size_t batch : {size_t{1}, size_t{7}, size_t{256}, size_t{100000}}) {
    const Outcome again = Detect(options, segments, batch);
    CHECK(Lines(again) == Lines(first));
    CHECK(again.counters.candidates == first.counters.candidates);
    CHECK(again.counters.pairs_evicted == first.counters.pairs_evicted);
    CHECK(again.counters.connections_timed_out == first.counters.connections_timed_out);
  }
}

}  // namespace
}  // namespace cairn
