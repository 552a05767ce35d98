// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/matching.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/correlator/slots/slot_series.h"
#include "tests/detector/correlator/slots/people.h"
#include "tests/support/segment_builder.h"

namespace cairn::slots {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

constexpr PacketDelta kTwoMinutes = PacketDelta::FromSeconds(120);

std::vector<uint8_t> Count(const std::vector<PacketTime>& moments,
                           PacketDelta length = kTwoMinutes) {
  std::vector<uint8_t> counts(
      static_cast<size_t>(length.ToNanoseconds() / kFineSlot.ToNanoseconds()));
  for (const PacketTime moment : moments) {
    const auto slot =
        static_cast<size_t>((moment - Ms(0)).ToNanoseconds() / kFineSlot.ToNanoseconds());
    if (slot < counts.size() && counts[slot] < 255) ++counts[slot];
  }
  return counts;
}

struct Flows {
  std::vector<uint8_t> keys_in, keys_out, echoes_in, echoes_out;

  MatchSignificance View() const {
    Matching matching;
    return matching.View({{{keys_in, keys_out}, {echoes_in, echoes_out}}});
  }
};

// A person's two connections, the stone holding back by up to `delay`, chaff on all flows.
Flows Relayed(uint64_t seed, PacketDelta delay, double chaff) {
  const std::vector<PacketTime> keys = AtWork(seed, Ms(0), kTwoMinutes);
  const std::vector<PacketTime> onward = HeldBack(seed + 1, keys, delay);
  std::vector<PacketTime> echoes = onward;
  for (PacketTime& echo : echoes) echo = echo + Millis(30);
  const std::vector<PacketTime> back = HeldBack(seed + 2, echoes, delay);
  return {Count(WithChaff(seed + 3, keys, chaff)), Count(WithChaff(seed + 4, onward, chaff)),
          Count(WithChaff(seed + 5, echoes, chaff)), Count(WithChaff(seed + 6, back, chaff))};
}

Flows Strangers(uint64_t seed, PacketDelta length = kTwoMinutes) {
  const std::vector<PacketTime> a = AtWork(seed, Ms(0), length);
  const std::vector<PacketTime> b = AtWork(seed + 1000000, Ms(0), length);
  return {Count(a, length), Count(b, length), Count(b, length), Count(a, length)};
}

TEST_CASE("Two minutes of relayed work match, delayed by up to a second and among chaff") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const MatchSignificance plain = Relayed(seed, Millis(900), 0).View();
    INFO("seed " << seed);
    CHECK(plain.nats > 8);
    CHECK(plain.matched > plain.by_chance);
    CHECK(std::min(plain.direction_nats[0], plain.direction_nats[1]) > 3);
    CHECK(Relayed(seed, Millis(900), 1).View().nats > 4);
  }
}

TEST_CASE("Every segment is matched where none is lost and none is late") {
  const std::vector<PacketTime> keys = AtWork(3, Ms(0), kTwoMinutes);
  const std::vector<uint8_t> counts = Count(keys);
  uint32_t sent = 0;
  for (const uint8_t count : counts) sent += count;
  const Flows flows{counts, counts, counts, counts};
  CHECK(flows.View().matched == 2 * sent);
}

TEST_CASE("What comes later than the bound does not match") {
  const std::vector<PacketTime> keys = AtWork(3, Ms(0), kTwoMinutes);
  std::vector<PacketTime> late = keys;
  for (PacketTime& moment : late) moment = moment + Millis(2600);
  const Flows in_time = {Count(keys), Count(keys), Count(keys), Count(keys)};
  const Flows too_late = {Count(keys), Count(late), Count(keys), Count(late)};
  CHECK(too_late.View().nats < in_time.View().nats / 3);
}

TEST_CASE("Nor what comes before it was sent") {
  const std::vector<PacketTime> keys = AtWork(3, Ms(3000), kTwoMinutes);
  std::vector<PacketTime> early = keys;
  for (PacketTime& moment : early) moment = moment - Millis(1500);
  const Flows flows = {Count(keys), Count(early), Count(keys), Count(early)};
  CHECK(flows.View().nats < 4);
}

TEST_CASE("Strangers match no more than chance gives them") {
  // 67 and 125 s: as many shifts as the steps that they might be taken in.
  for (const int64_t seconds : {60, 67, 120, 125}) {
    constexpr int kPairs = 1000;
    int one_in_ten = 0;
    int one_in_hundred = 0;
    int one_in_ten_thousand = 0;
    for (int i = 0; i < kPairs; ++i) {
      const double nats =
          Strangers(static_cast<uint64_t>(i), PacketDelta::FromSeconds(seconds)).View().nats;
      one_in_ten += nats > std::log(10) ? 1 : 0;
      one_in_hundred += nats > std::log(100) ? 1 : 0;
      one_in_ten_thousand += nats > std::log(10000) ? 1 : 0;
    }
    INFO(seconds << " s: " << one_in_ten << " " << one_in_hundred << " " << one_in_ten_thousand);
    CHECK(one_in_ten < 130);     // 100 and three standard deviations
    CHECK(one_in_hundred < 21);  // 10
    CHECK(one_in_ten_thousand < 3);
  }
}

TEST_CASE("One burst that two connections share is hardly evidence, however large") {
  std::vector<uint8_t> quiet(1200, 0);
  std::fill(quiet.begin() + 400, quiet.begin() + 420, uint8_t{40});
  const MatchSignificance view = Flows{quiet, quiet, quiet, quiet}.View();
  CHECK(view.nats <= 3);
  CHECK(view.blocks[0] < 2);
}

TEST_CASE("Half a minute is needed") {
  const std::vector<uint8_t> counts(299, 1);
  CHECK(Flows{counts, counts, counts, counts}.View().nats == 0);
  CHECK(Flows{}.View().nats == 0);
}

}  // namespace
}  // namespace cairn::slots
