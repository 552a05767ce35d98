// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/decay.h"

#include "catch2/catch.hpp"

namespace cairn::relays {
namespace {

TEST_CASE("What is looked up is what passes away slot by slot") {
  // With 4 ms a mean of two seconds outlives every table.
  for (const int64_t slot_ms : {4, 20, 100, 600, 5000}) {
    const Decay decay(PacketDelta::FromMilliseconds(slot_ms));
    for (size_t r = 0; r < kReaches.size(); ++r) {
      double window = 1;
      double mean = 1;
      double window_times_mean = 0;
      double mean_times_mean = 0;
      const double left = 1 - 1.0 / kReaches[r];
      for (uint64_t slots = 0; slots < 1500; ++slots) {
        INFO("slot " << slot_ms << " ms, reach " << kReaches[r] << ", " << slots << " slots");
        REQUIRE(decay.Window(r, slots) == Approx(window).epsilon(1e-4).margin(1e-9));
        REQUIRE(decay.Mean(slots) == Approx(mean).epsilon(1e-4).margin(1e-9));
        REQUIRE(decay.WindowTimesMean(r, slots) == Approx(window_times_mean).epsilon(1e-4));
        REQUIRE(decay.MeanTimesMean(slots) == Approx(mean_times_mean).epsilon(1e-4));
        window *= left;
        window_times_mean += window * mean;
        mean_times_mean += mean * mean;
        mean *= 1 - decay.weight();
      }
    }
  }
}

TEST_CASE("After centuries nothing is left, and the sums are finite") {
  const Decay decay(PacketDelta::FromMilliseconds(4));
  CHECK(decay.Mean(UINT64_MAX) == 0);
  CHECK(decay.Window(2, UINT64_MAX) == 0);
  CHECK(decay.MeanTimesMean(UINT64_MAX) == Approx(decay.MeanTimesMean(100'000)));
}

TEST_CASE("A slot longer than the memory of the means counts for half of them") {
  CHECK(Decay(PacketDelta::FromSeconds(5)).weight() == 0.5F);
  CHECK(Decay(PacketDelta::FromMilliseconds(100)).weight() == Approx(0.05));
}

}  // namespace
}  // namespace cairn::relays
