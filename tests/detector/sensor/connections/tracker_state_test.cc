// SPDX-License-Identifier: BSD-3-Clause
// Connections that go on in another run.
#include <string>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/connections/tracker_rig.h"

namespace cairn::connections {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

std::string Saved(TrackerRig& rig, const checkpoint::Connections& wanted = {}) {
  checkpoint::Writer out;
  rig.tracker().Save(out, wanted);
  return out.bytes();
}

bool Restored(TrackerRig& rig, const std::string& saved, checkpoint::ConnectionSlots& slots) {
  checkpoint::Reader in(saved);
  rig.tracker().Restore(in, slots);
  return in.ok() && in.at_end();
}

const Endpoint kClient = At("198.51.100.1", 40000);
const Endpoint kServer = At("10.0.0.1", 22);

std::vector<Segment> ALogin() {
  TraceBuilder trace;
  const auto login = trace.Open(kClient, kServer, Ms(0));
  for (int64_t i = 1; i < 40; ++i) trace.Key(login, Ms(1000 * i)).Echo(login, Ms(1000 * i + 20));
  trace.Close(login, Ms(60'000));
  return trace.Build();
}

TEST_CASE("A connection keeps its start, its originator, its number and its place") {
  const std::vector<Segment> segments = ALogin();
  TrackerRig whole;
  TrackerRig first;
  TrackerRig second;
  size_t i = 0;
  for (; i < segments.size() / 2; ++i) {
    whole.Feed(segments[i]);
    first.Feed(segments[i]);
  }
  checkpoint::ConnectionSlots slots;
  REQUIRE(Restored(second, Saved(first), slots));
  REQUIRE(slots.size() == 1);
  CHECK(Saved(second) == Saved(first));
  const Connection* connection = second.Find(kClient, kServer);
  REQUIRE(connection != nullptr);
  CHECK(connection->start == Ms(0));
  CHECK(connection->originator == OriginatorSource::kSyn);
  CHECK(connection->uid == whole.Find(kClient, kServer)->uid);
  CHECK(slots.contains(connection->uid));
  for (; i < segments.size(); ++i) CHECK(second.Feed(segments[i]) == whole.Feed(segments[i]));
  CHECK(second.counters().midstream == 0);
  REQUIRE(second.ends().size() == 1);
  CHECK(second.ends()[0].cause == whole.ends()[0].cause);
  CHECK(second.ends()[0].time == whole.ends()[0].time);
}

TEST_CASE("What has ended is not saved, and what is silent times out") {
  TrackerRig first;
  for (const Segment& segment : ALogin()) first.Feed(segment);
  const Endpoint other = At("198.51.100.2", 40000);
  first.Feed(Tcp(other, kServer, Ms(61'000), kSyn, 1));
  TrackerRig second;
  checkpoint::ConnectionSlots slots;
  REQUIRE(Restored(second, Saved(first), slots));
  CHECK(slots.size() == 1);
  CHECK(second.Find(kClient, kServer) == nullptr);
  second.tracker().ExpireUntil(Ms(61'000 + 62'000));
  REQUIRE(second.ends().size() == 1);
  CHECK(second.ends()[0].cause == "timeout");
}

TEST_CASE("Of connections that nobody asks for, those at work last are saved") {
  constexpr uint32_t kMore = 10;
  TrackerRig rig;
  const auto most = static_cast<uint32_t>(ConnectionTracker::kMostSaved);
  const auto client = [](uint32_t i) {
    return Endpoint{IpAddress::FromV4(0x64000000U + i), 40000};
  };
  for (uint32_t i = 0; i < most + kMore; ++i) {
    rig.Feed(Tcp(client(i), kServer, Ms(i), kAck, 1, 10, 1));
  }
  // SYNs that nobody answered come last.
  rig.Feed(Tcp(At("198.51.100.9", 40000), kServer, Ms(most + kMore), kSyn, 1));
  const uint64_t wanted = rig.Find(client(0), kServer)->uid;
  checkpoint::ConnectionSlots slots;
  TrackerRig second;
  REQUIRE(Restored(second, Saved(rig, {wanted}), slots));
  CHECK(slots.size() == most + 1);
  CHECK(slots.contains(wanted));
  CHECK(slots.contains(rig.Find(client(kMore), kServer)->uid));
  CHECK_FALSE(slots.contains(rig.Find(client(kMore - 1), kServer)->uid));
  CHECK_FALSE(slots.contains(rig.Find(At("198.51.100.9", 40000), kServer)->uid));
}

TEST_CASE("More connections than the table holds, and the same one twice, are refused") {
  TrackerRig first;
  first.Feed(Tcp(kClient, kServer, Ms(0), kAck, 1, 10, 1));
  first.Feed(Tcp(At("198.51.100.2", 40000), kServer, Ms(1), kAck, 1, 10, 1));
  std::string saved = Saved(first);
  checkpoint::ConnectionSlots slots;
  TrackerRig small({.max_connections = 1});
  CHECK_FALSE(Restored(small, saved, slots));
  const size_t each = (saved.size() - 4) / 2;
  saved.replace(4 + each, each, saved.substr(4, each));
  TrackerRig second;
  slots.clear();
  CHECK_FALSE(Restored(second, saved, slots));
}

}  // namespace
}  // namespace cairn::connections
