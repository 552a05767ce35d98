// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/slot_correlation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/correlator/slots/people.h"

namespace cairn::slots {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

constexpr size_t kFine = 0;
constexpr size_t kLines = 1;
constexpr size_t kCoarse = 2;
constexpr size_t kSeconds = 3;
constexpr size_t kBursts = 4;
constexpr PacketDelta kLength = PacketDelta::FromSeconds(150);

// One connection's slots, by flow.
struct Leg {
  std::array<Activity, 2> flow;

  Leg(const std::vector<PacketTime>& keys, const std::vector<PacketTime>& echoes, size_t scale) {
    const std::array<const std::vector<PacketTime>*, 2> moments = {&keys, &echoes};
    for (size_t f = 0; f < 2; ++f) {
      std::vector<uint8_t> counts(
          static_cast<size_t>(kLength.ToNanoseconds() / kScales[scale].slot.ToNanoseconds()));
      for (const PacketTime moment : *moments[f]) {
        const auto slot = static_cast<size_t>((moment - Ms(0)).ToNanoseconds() /
                                              kScales[scale].slot.ToNanoseconds());
        if (slot < counts.size() && counts[slot] < 255) ++counts[slot];
      }
      flow[f].Set(counts, kScales[scale]);
    }
  }
};

SlotSignificance View(const Leg& up, const Leg& down, size_t scale) {
  SlotCorrelation correlation;
  return correlation.View(
      {Direction{&up.flow[0], &down.flow[0]}, Direction{&down.flow[1], &up.flow[1]}},
      kScales[scale]);
}

// A person's two legs, the second held back by up to `delay` each way, with chaff on all flows.
SlotSignificance Hidden(uint64_t seed, PacketDelta delay, double chaff, size_t scale) {
  const std::vector<PacketTime> keys = AtWork(seed, Ms(0), kLength);
  const std::vector<PacketTime> onward = HeldBack(seed + 1, keys, delay);
  std::vector<PacketTime> echoes = onward;
  for (PacketTime& echo : echoes) echo = echo + Millis(30);
  const std::vector<PacketTime> back = HeldBack(seed + 2, echoes, delay);
  return View(Leg(WithChaff(seed + 3, keys, chaff), WithChaff(seed + 4, back, chaff), scale),
              Leg(WithChaff(seed + 5, onward, chaff), WithChaff(seed + 6, echoes, chaff), scale),
              scale);
}

SlotSignificance SlotCorrelationStrangers(uint64_t seed, size_t scale) {
  const std::vector<PacketTime> a = AtWork(seed, Ms(0), kLength);
  const std::vector<PacketTime> b = AtWork(seed + 1000000, Ms(0), kLength);
  return View(Leg(a, a, scale), Leg(b, b, scale), scale);
}

TEST_CASE("Delay does not hide who types, in coarse slots") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CHECK(Hidden(seed, Millis(1000), 0, kCoarse).nats > 15);
    CHECK(Hidden(seed, Millis(1000), 0.5, kCoarse).nats > 8);
  }
}

TEST_CASE("Chaff does not hide who types, in fine slots") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const SlotSignificance view = Hidden(seed, Millis(2), 3, kFine);
    CHECK(view.nats > 15);
    CHECK(view.slot == kFineSlot);
    CHECK(view.direction[0].lag <= Millis(100));
    CHECK(view.direction[0].nats > 6);
    CHECK(view.direction[1].nats > 6);
    CHECK(view.direction[0].blocks >= 5);
  }
}

TEST_CASE("Strangers reach no more than chance gives them") {
  for (const size_t scale : {kFine, kLines, kCoarse, kSeconds, kBursts}) {
    constexpr int kPairs = 1500;
    int one_in_ten = 0;
    int one_in_hundred = 0;
    int one_in_ten_thousand = 0;
    for (int i = 0; i < kPairs; ++i) {
      const double nats = SlotCorrelationStrangers(static_cast<uint64_t>(i), scale).nats;
      one_in_ten += nats > std::log(10) ? 1 : 0;
      one_in_hundred += nats > std::log(100) ? 1 : 0;
      one_in_ten_thousand += nats > std::log(10000) ? 1 : 0;
    }
    INFO("scale " << scale << ": " << one_in_ten << " " << one_in_hundred << " "
                  << one_in_ten_thousand);
    CHECK(one_in_ten < 190);     // 150 and three standard deviations
    CHECK(one_in_hundred < 27);  // 15
    CHECK(one_in_ten_thousand < 3);
  }
}

TEST_CASE("One stretch of work that two people happen to share is no evidence") {
  const std::vector<PacketTime> a = AtWork(1, Ms(60000), PacketDelta::FromSeconds(15));
  const std::vector<PacketTime> b = AtWork(2, Ms(60000), PacketDelta::FromSeconds(15));
  CHECK(View(Leg(a, a, kCoarse), Leg(b, b, kCoarse), kCoarse).nats == 0);
}

TEST_CASE("Flows that are always on, or hardly ever, cannot be judged") {
  std::vector<PacketTime> padded;
  for (PacketTime moment = Ms(0); moment < Ms(0) + kLength; moment = moment + Millis(100)) {
    padded.push_back(moment);
  }
  const Leg constant(padded, padded, kFine);
  CHECK(View(constant, constant, kFine).nats == 0);
  const std::vector<PacketTime> few = {Ms(1000), Ms(50000), Ms(90000)};
  CHECK(View(Leg(few, few, kFine), Leg(few, few, kFine), kFine).nats == 0);
  CHECK(View(Leg({}, {}, kFine), Leg({}, {}, kFine), kFine).nats == 0);
}

TEST_CASE("What follows by longer than the lags is not a relay's") {
  const std::vector<PacketTime> keys = AtWork(3, Ms(0), kLength);
  std::vector<PacketTime> late = keys;
  for (PacketTime& moment : late) moment = moment + Millis(6500);
  CHECK(View(Leg(keys, keys, kFine), Leg(late, late, kFine), kFine).nats < 8);
}

TEST_CASE("The screen lets pass what the whole view would report") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<PacketTime> keys = AtWork(seed, Ms(0), kLength);
    const std::vector<PacketTime> onward = HeldBack(seed, keys, Millis(700));
    const Leg up(keys, onward, kCoarse);
    const Leg down(onward, onward, kCoarse);
    CHECK(SlotCorrelation::IsWorthwhile(
        {Direction{&up.flow[0], &down.flow[0]}, Direction{&down.flow[1], &up.flow[1]}},
        kScales[kCoarse]));
  }
}

}  // namespace
}  // namespace cairn::slots
