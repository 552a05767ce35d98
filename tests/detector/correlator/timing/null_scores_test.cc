// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/null_scores.h"

#include <cmath>

#include "catch2/catch.hpp"

#include "detector/checkpoint/archive.h"
#include "detector/correlator/timing/watched_before.h"

namespace cairn::timing {
namespace {

constexpr PacketDelta kDay = PacketDelta::FromSeconds(86400);

// `pairs` pairs of which e^-(slope * x) reach x nats.
NullScores Falling(double pairs, double slope = 1, double share = 1) {
  NullScores scores(share);
  for (double i = 0.5; i < pairs; ++i) scores.Add(0, -std::log(i / pairs) / slope);
  return scores;
}

TEST_CASE("Nothing is known before enough pairs were seen") {
  NullScores scores(0.125);
  CHECK(std::isinf(scores.Needed(1, kDay)));
  CHECK(std::isinf(scores.PerDay(10, kDay)));
  for (int i = 0; i < 9; ++i) scores.Add(0, 4);
  CHECK(std::isinf(scores.Needed(1, kDay)));
  scores.Add(0, 4);
  CHECK(std::isfinite(scores.Needed(1, kDay)));
}

TEST_CASE("A pair counts once for each level that it reaches, however it gets there") {
  NullScores scores(1);
  scores.Add(0, 3.7);
  scores.Add(3.7, 3.9);
  scores.Add(3.9, 6.1);
  CHECK(scores.reached(3) == 1);
  CHECK(scores.reached(4) == 1);
  CHECK(scores.reached(6) == 1);
  CHECK(scores.reached(7) == 0);
  scores.Add(6.1, 1e300);
  CHECK(scores.reached(NullScores::kLevels - 1) == 1);
}

TEST_CASE("Where enough pairs reach it, what is needed is counted") {
  const NullScores scores = Falling(1e6);
  // 1e6 pairs a day, of which e^-x reach x: a hundred a day need ln(1e4).
  CHECK(scores.Needed(100, kDay) == Approx(std::log(1e4)).margin(0.15));
  CHECK(scores.PerDay(9, kDay) == Approx(1e6 * std::exp(-9)).epsilon(0.02));
  CHECK(scores.Needed(100, PacketDelta::FromSeconds(864000)) == Approx(std::log(1e3)).margin(0.15));
}

TEST_CASE("Beyond that the slope goes on, and never falls short of one") {
  CHECK(Falling(1e5).Needed(0.01, kDay) == Approx(std::log(1e7)).margin(0.6));
  // Scores that fall off twice as fast need half as much.
  const double steep = Falling(1e5, 2).Needed(0.01, kDay);
  CHECK(steep > std::log(1e7) / 2);
  CHECK(steep < std::log(1e7) * 0.8);
  // A flat tail is not believed to stay flat.
  NullScores flat(1);
  for (int i = 0; i < 1000; ++i) flat.Add(0, 10);
  CHECK(flat.Needed(0.1, kDay) == Approx(10 + std::log(1e4)).margin(0.01));
}

TEST_CASE("A part of the pairs stands for all of them") {
  const double all = Falling(1e5).Needed(1, kDay);
  const double eighth = Falling(1e5 / 8, 1, 0.125).Needed(1, kDay);
  CHECK(all == Approx(eighth).margin(0.5));
}

TEST_CASE("More false alarms allowed need less, always") {
  const NullScores scores = Falling(3e4, 1.2);
  double before = 100;
  for (double per_day = 1e-4; per_day < 1e4; per_day *= 1.5) {
    const double needed = scores.Needed(per_day, kDay);
    CHECK(needed <= before + 1e-9);
    before = needed;
  }
}

TEST_CASE("Scores that were written and read need as much") {
  NullScores written = Falling(1e4);
  checkpoint::Writer out;
  out(written);
  NullScores read(1);
  checkpoint::Reader in(out.bytes());
  in(read);
  REQUIRE(in.ok());
  CHECK(in.at_end());
  for (const double per_day : {0.01, 0.1, 1.0, 1e3}) {
    CHECK(read.Needed(per_day, kDay) == written.Needed(per_day, kDay));
  }
}

TEST_CASE("Time in which nobody watched makes nothing rare") {
  const auto at = [](int64_t seconds) {
    return PacketTime::FromNanoseconds(0) + PacketDelta::FromSeconds(seconds);
  };
  const WatchedBefore none;
  CHECK(none.BeginAt(at(50)) == at(50));
  const WatchedBefore hour{.first = at(0), .last = at(3600)};
  CHECK(hour.IsSound());
  CHECK(hour.BeginAt(at(3630)) == at(0));  // the captures follow each other
  CHECK(hour.BeginAt(at(3600 + 86400)) == at(86400));
  CHECK_FALSE(WatchedBefore{.first = at(1), .last = at(0)}.IsSound());
  CHECK_FALSE(WatchedBefore{.first = at(1)}.IsSound());
}

}  // namespace
}  // namespace cairn::timing
