// SPDX-License-Identifier: BSD-3-Clause
// What gives way when the connection table is full.
#include "catch2/catch.hpp"

#include "tests/detector/sensor/connections/tracker_rig.h"

namespace cairn::connections {
namespace {

using testing::At;
using testing::From;
using testing::Ms;
using testing::TraceBuilder;
using EvictionEnds = std::vector<TrackerRig::End>;

const Endpoint kEvictionServer = At("10.0.0.1", 22);

Endpoint Client(uint32_t number) { return {IpAddress::FromV4(0xc0000200U + number), 40000}; }

Options Room(uint32_t connections) {
  Options options;
  options.max_connections = connections;
  return options;
}

// Three ended, unanswered and established connections fill a table of six.
TEST_CASE("First goes what has ended, then SYNs without an answer, then the longest idle") {
  TrackerRig rig(Room(6));
  TraceBuilder trace;
  const auto idle = trace.Open(Client(1), kEvictionServer, Ms(0));
  const auto busy = trace.Open(Client(2), kEvictionServer, Ms(10));
  trace.Add(Tcp(Client(3), kEvictionServer, Ms(20), kSyn, 1));
  trace.Add(Tcp(Client(4), kEvictionServer, Ms(3000), kSyn, 1));
  const auto ended = trace.Open(Client(5), kEvictionServer, Ms(4000));
  const auto reset = trace.Open(Client(6), kEvictionServer, Ms(4010));
  trace.Close(ended, Ms(4100)).Rst(reset, From::kServer, Ms(5200));
  trace.Key(idle, Ms(100)).Key(busy, Ms(300000));

  rig.Feed(trace);  // the clock stands at 300 s: unanswered and ended ones have timed out
  CHECK(rig.counters().timed_out == 2);
  CHECK(rig.tracker().table().size() == 2);

  rig.Feed(Tcp(Client(3), kEvictionServer, Ms(300010), kSyn, 1));
  rig.Feed(Tcp(Client(4), kEvictionServer, Ms(302000), kSyn, 1));
  TraceBuilder more;
  const auto again = more.Open(Client(5), kEvictionServer, Ms(302500));
  const auto reset_again = more.Open(Client(6), kEvictionServer, Ms(302510));
  more.Close(again, Ms(302600)).Rst(reset_again, From::kServer, Ms(302700));
  rig.Feed(more);
  REQUIRE(rig.tracker().table().full());
  const size_t ends_before = rig.ends().size();

  const auto newcomer = [&](uint32_t number) {
    rig.Feed(Tcp(Client(number), kEvictionServer, Ms(302800 + number), kAck, 1, 10));
    return rig.Find(Client(number), kEvictionServer) != nullptr;
  };
  CHECK(newcomer(7));
  CHECK(newcomer(8));
  CHECK(rig.ends().size() ==
        ends_before + 1);  // one had ended before, the other ends now, by its RST
  CHECK(rig.ends().back().cause == "reset");
  CHECK(rig.counters().evicted_unanswered == 0);
  CHECK(rig.Find(Client(5), kEvictionServer) == nullptr);
  CHECK(rig.Find(Client(6), kEvictionServer) == nullptr);

  CHECK(newcomer(9));
  CHECK(rig.Find(Client(3), kEvictionServer) == nullptr);
  CHECK(rig.Find(Client(4), kEvictionServer) != nullptr);
  CHECK(newcomer(10));
  CHECK(rig.Find(Client(4), kEvictionServer) == nullptr);
  CHECK(rig.counters().evicted_unanswered == 2);
  CHECK(rig.counters().evicted_idle == 0);

  CHECK(newcomer(11));
  CHECK(rig.Find(Client(1), kEvictionServer) == nullptr);
  CHECK(rig.IsOpen(Client(2), kEvictionServer));
  CHECK(rig.counters().evicted_idle == 1);
  CHECK(rig.ends().back() == TrackerRig::End{1, "evicted", Ms(302811)});
}

TEST_CASE("A flood of SYNs does not push out the connection that people work on") {
  TrackerRig rig(Room(100));
  TraceBuilder trace;
  const Endpoint worker = At("198.51.100.9", 50000);
  const auto session = trace.Open(worker, kEvictionServer, Ms(0));
  trace.Key(session, Ms(10));
  for (uint32_t i = 0; i < 10000; ++i) {
    trace.Add(Tcp(Client(i), kEvictionServer, Ms(20 + i / 10), kSyn, i));
  }
  trace.Key(session, Ms(2000));
  const std::vector<int64_t> new_bytes = rig.Feed(trace);
  CHECK(new_bytes.back() == 48);
  CHECK(rig.Summary(worker, kEvictionServer).uid == 1);
  CHECK(rig.counters().connections == 10001);
  CHECK(rig.counters().evicted_unanswered == 10001 - 100);
  CHECK(rig.counters().evicted_idle == 0);
  CHECK(rig.counters().peak == 100);
  CHECK(rig.tracker().table().size() == 100);
  CHECK(rig.ends().size() == 10001 - 100);
}

TEST_CASE("A table for one connection still works") {
  TrackerRig rig(Room(1));
  rig.Feed(Tcp(Client(1), kEvictionServer, Ms(0), kSyn, 1));
  rig.Feed(Tcp(Client(2), kEvictionServer, Ms(1), kAck, 1, 5));
  CHECK(rig.Feed(Tcp(Client(3), kEvictionServer, Ms(2), kAck, 1, 5)) == 5);
  CHECK(rig.ends() == EvictionEnds{{1, "evicted", Ms(1)}, {2, "evicted", Ms(2)}});
}

}  // namespace
}  // namespace cairn::connections
