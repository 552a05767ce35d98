// SPDX-License-Identifier: BSD-3-Clause
// Damaged captures hold any time between 1840 and 2106 (both readers clamp to that).
#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

constexpr int64_t kEarliestNs = -4'294'967'295'000'000'000;
constexpr int64_t kLatestNs = 4'294'967'295'999'999'999;

std::vector<Segment> PairAt(PacketTime moment) {
  TraceBuilder trace;
  const auto up = trace.Open(At("198.51.100.7", 48224), At("10.0.0.15", 22), Ms(0));
  const auto down = trace.Open(At("10.0.0.15", 37534), At("203.0.113.2", 22), Ms(9));
  Relay(trace, up, down, Typing(1, 10, Ms(1000)));
  std::vector<Segment> segments = trace.Build();
  const PacketDelta shift = moment - Ms(0);
  for (Segment& segment : segments) segment.time = segment.time + shift;
  return segments;
}

TEST_CASE("A pair is found at either end of packet time, and at its zero") {
  for (const int64_t moment :
       {kEarliestNs, int64_t{-5'000'000'000}, int64_t{0}, kLatestNs - 60'000'000'000}) {
    const Outcome outcome = Detect({}, PairAt(PacketTime::FromNanoseconds(moment)));
    REQUIRE(outcome.pairs.size() == 1);
    CHECK(outcome.pairs[0].upstream.start == PacketTime::FromNanoseconds(moment));
  }
}

TEST_CASE("A leap from the first possible moment to the last times everything out, once") {
  std::vector<Segment> segments = PairAt(PacketTime::FromNanoseconds(kEarliestNs));
  for (const Segment& late : PairAt(PacketTime::FromNanoseconds(kLatestNs - 60'000'000'000))) {
    segments.push_back(late);
  }
  const Outcome outcome = Detect({}, segments);
  CHECK(outcome.pairs.size() == 2);
  REQUIRE(outcome.ends.size() == 2);
  CHECK(outcome.ends[0].cause == "timeout");
  CHECK(outcome.ends[1].cause == "end_of_capture");
  CHECK(outcome.counters.connections == 4);
  CHECK(outcome.counters.connections_timed_out == 2);
}

TEST_CASE("The longest time-outs that can be set do not overflow") {
  DetectorOptions options;
  options.connections.established_timeout = PacketDelta::FromSeconds(366LL * 24 * 3600);
  options.connections.handshake_timeout = PacketDelta::FromSeconds(3600);
  const Outcome outcome =
      Detect(options, PairAt(PacketTime::FromNanoseconds(kLatestNs - 60'000'000'000)));
  CHECK(outcome.pairs.size() == 1);
}

}  // namespace
}  // namespace cairn
