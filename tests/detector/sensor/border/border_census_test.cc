// SPDX-License-Identifier: BSD-3-Clause
// What the detector says of the border, from segments on.
#include "detector/sensor/border/border_census.h"

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::border {
namespace {

using namespace cairn::testing;  // NOLINT(google-build-using-namespace): the vocabulary of this
                                 // file

const Endpoint kInside = At("10.0.0.5", 40000);
const Endpoint kInsideServer = At("10.0.1.6", 22);
const Endpoint kOutside = At("198.51.100.7", 40000);
const Endpoint kOutsideServer = At("203.0.113.2", 22);

DetectorOptions Protecting(std::string_view network) {
  DetectorOptions options;
  if (!network.empty()) options.protected_networks = PrefixSet({*Prefix::Parse(network)});
  return options;
}

struct Seen {
  BorderCounters counters;
  std::vector<NetworkSeen> networks;
};

Seen After(const TraceBuilder& trace, std::string_view network) {
  EventRecorder recorder;
  Detector detector(Protecting(network), recorder);
  REQUIRE(detector.Process(trace.Build()).ok());
  CHECK(detector.border().counters().connections() == 0);  // none has ended
  REQUIRE(detector.Finish().ok());
  return {detector.border().counters(), detector.border().tally().Top(4)};
}

TEST_CASE("connections are placed by who opened them") {
  TraceBuilder trace;
  trace.Open(kOutside, kInsideServer, Ms(0));
  trace.Open(kInside, kOutsideServer, Ms(0));
  trace.Open(kInside, At("203.0.113.3", 22), Ms(0));
  trace.Open(kInside, kInsideServer, Ms(0));
  trace.Open(kOutside, kOutsideServer, Ms(0));
  const BorderCounters c = After(trace, "10.0.0.0/16").counters;
  CHECK(c.inbound == 1);
  CHECK(c.outbound == 2);
  CHECK(c.inside == 1);
  CHECK(c.outside == 1);
  CHECK(c.unplaced == 0);
  CHECK(c.crossing() == 3);
  CHECK(c.with_data() == 0);
  const BorderCounters without = After(trace, "").counters;
  CHECK(without.unplaced == 5);
  CHECK(without.connections() == 5);
  CHECK(without.crossing() == 0);
}

TEST_CASE("data are counted by direction, of connections that cross") {
  TraceBuilder trace;
  const auto both = trace.Open(kOutside, kInsideServer, Ms(0));
  trace.Key(both, Ms(100)).Echo(both, Ms(200));
  const auto in = trace.Open(At("198.51.100.8", 40000), kInsideServer, Ms(0));
  trace.Key(in, Ms(100));
  const auto out = trace.Open(kInside, kOutsideServer, Ms(0));
  trace.Key(out, Ms(100));
  const auto in_too = trace.Open(At("10.0.0.9", 40000), kOutsideServer, Ms(0));
  trace.Echo(in_too, Ms(100));
  const auto within = trace.Open(At("10.0.0.9", 40000), kInsideServer, Ms(0));
  trace.Key(within, Ms(100));
  const BorderCounters c = After(trace, "10.0.0.0/16").counters;
  CHECK(c.data_both_ways == 1);
  CHECK(c.data_in_only == 2);
  CHECK(c.data_out_only == 1);
  CHECK(c.data_one_way == 0);
  CHECK(c.captured_one_way == 0);  // handshakes and acknowledgements came both ways
  const BorderCounters without = After(trace, "").counters;
  CHECK(without.data_both_ways == 1);
  CHECK(without.data_one_way == 4);
}

TEST_CASE("a tap of one direction shows by connections of which the other was never heard") {
  TraceBuilder trace;
  for (uint16_t i = 0; i < 3; ++i) {
    const auto up =
        trace.MidStream(At("198.51.100.7", static_cast<uint16_t>(40000 + i)), kInsideServer);
    trace.Hide(up, From::kServer).Key(up, Ms(100 + i)).Echo(up, Ms(150 + i));
    const auto down =
        trace.MidStream(At("10.0.0.5", static_cast<uint16_t>(40000 + i)), kOutsideServer);
    trace.Hide(down, From::kClient).Key(down, Ms(100 + i)).Echo(down, Ms(150 + i));
  }
  const BorderCounters c = After(trace, "10.0.0.0/16").counters;
  CHECK(c.crossing() == 6);
  CHECK(c.data_both_ways == 0);
  CHECK(c.data_in_only == 6);
  CHECK(c.data_out_only == 0);
  CHECK(c.captured_one_way == 6);
}

TEST_CASE("networks are suggested from connections that do not cross the border") {
  TraceBuilder trace;
  const auto cross = trace.Open(kOutside, kInsideServer, Ms(0));
  trace.Key(cross, Ms(100));
  for (uint16_t i = 0; i < 5; ++i) {
    const auto missed =
        trace.Open(At("192.0.2.9", static_cast<uint16_t>(40000 + i)), kOutsideServer, Ms(0));
    trace.Key(missed, Ms(100));
  }
  trace.Open(At("192.88.99.1", 40000), kOutsideServer, Ms(0));  // a scan: no data
  const Seen seen = After(trace, "10.0.0.0/16");
  REQUIRE(seen.networks.size() == 2);
  CHECK(seen.networks[0].network == "192.0.2.0/24");
  CHECK(seen.networks[0].connections == 5);
  CHECK(seen.networks[1].network == "203.0.113.0/24");
  CHECK(seen.counters.outside == 6);
}

}  // namespace
}  // namespace cairn::border
