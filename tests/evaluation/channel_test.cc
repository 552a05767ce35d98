// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/channel.h"

#include "catch2/catch.hpp"

#include "evaluation/keystroke_obfuscation.h"
#include "tests/evaluation/sample_flows.h"

namespace cairn::evaluation {
namespace {

constexpr PacketDelta kSecond = PacketDelta::FromSeconds(1);

traces::RandomStream Random(uint64_t seed = 1) { return {seed, 0}; }

TEST_CASE("a relay lets no segment leave before it came, nor hold one back longer than asked") {
  for (const DelayOrder order : {DelayOrder::kKept, DelayOrder::kFree}) {
    traces::RandomStream random = Random();
    const Stream in = Regular(2000, 50);
    const Stream out = Relayed(in, kSecond, order, random);
    REQUIRE(out.size() == in.size());
    CHECK(IsAscending(TimesOf(out)));
    // Sorted as it is, the n-th to leave cannot be earlier than the n-th that came.
    for (size_t i = 0; i < in.size(); ++i) {
      CHECK(out[i].time > in[i].time);
      CHECK(out[i].time - in[i].time < kSecond + PacketDelta::FromMilliseconds(50));
    }
  }
}

TEST_CASE(
    "a relay that keeps the order ends each line where it ended; one that does not moves it") {
  Stream in = Regular(400, 20);
  for (size_t i = 0; i < in.size(); i += 10) in[i].ends_line = true;
  const auto same_places = [&](const Stream& out) {
    size_t same = 0;
    for (size_t i = 0; i < in.size(); ++i) same += in[i].ends_line == out[i].ends_line ? 1U : 0U;
    return same;
  };
  traces::RandomStream random = Random();
  CHECK(same_places(Relayed(in, kSecond, DelayOrder::kKept, random)) == in.size());
  CHECK(same_places(Relayed(in, kSecond, DelayOrder::kFree, random)) < in.size());
}

TEST_CASE("merging sends what came within the window as one, at its end") {
  Stream in = StreamOf({100, 120, 149, 151, 400});
  in[1].ends_line = true;
  const Stream out = Merged(in, PacketDelta::FromMilliseconds(50));
  CHECK(TimesOf(out) == FlowOf({150, 201, 450}));
  CHECK(out[0].ends_line);
  CHECK_FALSE(out[1].ends_line);
  CHECK(TimesOf(Merged(in, PacketDelta::Zero())) == TimesOf(in));
}

TEST_CASE("splitting doubles the segments and sends the second half after the first") {
  traces::RandomStream random = Random();
  const Stream in = Regular(100, 200);
  const Stream out = Split(in, random);
  REQUIRE(out.size() == 200);
  CHECK(IsAscending(TimesOf(out)));
  for (size_t i = 0; i < in.size(); ++i) {
    CHECK(out[2 * i].time == in[i].time);
    CHECK(out[2 * i + 1].time > in[i].time);
  }
}

TEST_CASE("receive offload joins what is less than its span behind the first of a run") {
  Stream in;
  for (const int64_t us : {1000, 1900, 2100, 3000, 3100, 3200}) {
    in.push_back({kSessionStart + PacketDelta::FromMicroseconds(us), false});
  }
  const Stream out = Coalesced(in, PacketDelta::FromMilliseconds(1));
  REQUIRE(out.size() == 3);
  CHECK(out[1].time == in[2].time);
  CHECK(out[2].time == in[4].time);
  CHECK(Coalesced(in, PacketDelta::Zero()).size() == in.size());
}

TEST_CASE("a path without loss changes nothing") {
  traces::RandomStream random = Random();
  const Stream in = Regular(10, 50);
  const Crossing crossing = CrossLossy(in, 0, random);
  CHECK(TimesOf(crossing.seen) == TimesOf(in));
  CHECK(TimesOf(crossing.delivered) == TimesOf(in));
}

TEST_CASE("a lost segment arrives 200 ms later and holds back what follows") {
  traces::RandomStream random = Random();
  const Stream in = Regular(5, 50);
  const Crossing crossing = CrossLossy(in, 1, random);  // everything is lost once
  REQUIRE(crossing.delivered.size() == in.size());
  for (size_t i = 0; i < in.size(); ++i) {
    CHECK(crossing.delivered[i].time == in[i].time + PacketDelta::FromMilliseconds(200));
  }
  const Stream dense = Regular(5000, 10);
  const Crossing some = CrossLossy(dense, 0.05, random);
  CHECK(IsAscending(TimesOf(some.delivered)));
  for (size_t i = 0; i < dense.size(); ++i) CHECK(some.delivered[i].time >= dense[i].time);
}

TEST_CASE("what is lost before the tap shows again only when nothing behind it has been seen") {
  traces::RandomStream random = Random();
  // 10 ms apart, each repetition is overtaken: half of the losses are never new data.
  const Stream dense = Regular(20000, 10);
  const Crossing hidden = CrossLossy(dense, 0.2, random);
  CHECK(static_cast<double>(hidden.seen.size()) / 20000 == Approx(0.9).margin(0.01));
  // A second apart, none is: half of the losses come 200 ms late.
  const Stream sparse = Regular(20000, 1000);
  const Crossing late = CrossLossy(sparse, 0.2, random);
  REQUIRE(late.seen.size() == sparse.size());
  int moved = 0;
  for (size_t i = 0; i < sparse.size(); ++i) moved += late.seen[i].time != sparse[i].time ? 1 : 0;
  CHECK(moved / 20000.0 == Approx(0.1).margin(0.01));
}

TEST_CASE("Poisson chaff comes at the rate asked for and leaves the real segments in place") {
  traces::RandomStream random = Random();
  Stream stream = StreamOf({500, 1500});
  AddPoisson(stream, 10, At(1000000), random);
  CHECK(static_cast<double>(stream.size()) == Approx(10002).margin(400));
  const FlowTimes times = TimesOf(stream);
  CHECK(IsAscending(times));
  CHECK(times.back() < At(1000000));
  CHECK(std::binary_search(times.begin(), times.end(), At(500)));
  Stream alone = StreamOf({500});
  AddPoisson(alone, 0, At(1000), random);
  CHECK(alone.size() == 1);
}

TEST_CASE("obfuscated keystrokes leave at ticks, with chaff between and for a while after") {
  traces::RandomStream random = Random();
  const Stream keys = StreamOf({1000, 1007, 1150, 20000});
  const ObfuscatedKeys sent = Obfuscate(keys, random);
  REQUIRE(sent.keys.size() == 4);
  CHECK(sent.keys[0].time == At(1000));  // the first of a burst at once
  CHECK(sent.keys[1].time >= At(1018));
  CHECK(sent.keys[1].time <= At(1022));
  CHECK(sent.keys[2].time >= At(1150));
  CHECK(sent.keys[2].time <= At(1172));
  CHECK(sent.keys[3].time == At(20000));  // chaff has ended: a new burst
  FlowTimes all = TimesOf(sent.keys);
  all.insert(all.end(), sent.chaff.begin(), sent.chaff.end());
  std::sort(all.begin(), all.end());
  const PacketTime last_key = sent.keys[2].time;
  PacketTime last_of_burst = last_key;
  for (size_t i = 1; i < all.size() && all[i] < At(20000); ++i) {
    CHECK(all[i] - all[i - 1] >= PacketDelta::FromMilliseconds(18));
    CHECK(all[i] - all[i - 1] <= PacketDelta::FromMilliseconds(22));
    last_of_burst = all[i];
  }
  CHECK(last_of_burst - last_key >= PacketDelta::FromMilliseconds(1000));
  CHECK(last_of_burst - last_key <= PacketDelta::FromMilliseconds(3072));
}

TEST_CASE("keys that wait for the same tick leave in one segment") {
  traces::RandomStream random = Random();
  Stream keys = StreamOf({1000, 1002, 1004, 1006});
  keys[2].ends_line = true;
  const ObfuscatedKeys sent = Obfuscate(keys, random);
  REQUIRE(sent.keys.size() == 2);
  CHECK(sent.keys[1].ends_line);
}

}  // namespace
}  // namespace cairn::evaluation
