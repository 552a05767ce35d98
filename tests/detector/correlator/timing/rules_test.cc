// SPDX-License-Identifier: BSD-3-Clause
// The verdict on a pair, as a function of its counts (Zhang & Paxson 2000, section 4).
#include "detector/correlator/timing/rules.h"

#include "catch2/catch.hpp"

namespace cairn::timing {
namespace {

// Keystrokes and echoes of a pair that has everything: 10 onsets, all coinciding.
PairView Clear() {
  const PairView::Direction all{.onsets_earlier = 10,
                                .onsets_later = 10,
                                .coincidences = 10,
                                .consecutive = 9,
                                .flipped_coincidences = 0,
                                .flipped_consecutive = 0};
  return {.direction = {all, all}, .sees_both_directions = true};
}

TEST_CASE("A pair whose onsets all coincide is a stepping stone") {
  CHECK(IsSteppingStone(Clear(), PairRules{}));
  CHECK_FALSE(IsSteppingStone(PairView{}, PairRules{}));
}

TEST_CASE(
    "The ratio of the better direction must reach its minimum, of the flow with fewer onsets") {
  PairView view = Clear();
  PairRules rules{.min_coincidences = 0, .both_directions = false};
  for (auto& d : view.direction) d.onsets_earlier = 40;  // the later flow's 10 still count
  view.direction[0].coincidences = 3;
  view.direction[1].coincidences = 1;
  CHECK(IsSteppingStone(view, rules));
  view.direction[0].coincidences = 2;
  CHECK_FALSE(IsSteppingStone(view, rules));
  rules.min_ratio = 0.2;
  CHECK(IsSteppingStone(view, rules));
}

TEST_CASE("The coincidences of both directions together must reach their minimum") {
  PairView view = Clear();
  const PairRules rules{.min_coincidences = 10, .min_weaker_ratio = 0};
  view.direction[0].coincidences = 6;
  view.direction[1].coincidences = 4;
  CHECK(IsSteppingStone(view, rules));
  view.direction[0].flipped_coincidences = 1;
  CHECK_FALSE(IsSteppingStone(view, rules));
}

TEST_CASE("The consecutive coincidences of both directions add up") {
  PairView view = Clear();
  const PairRules rules{.min_consecutive = 4};
  view.direction[0].consecutive = 2;
  view.direction[1].consecutive = 2;
  CHECK(IsSteppingStone(view, rules));
  view.direction[1].consecutive = 1;
  CHECK_FALSE(IsSteppingStone(view, rules));
}

TEST_CASE("With more onsets than the scale the needed consecutive count grows in proportion") {
  PairView view = Clear();
  const PairRules rules{.min_consecutive = 4, .consecutive_scale = 100};
  for (auto& d : view.direction) {
    d.onsets_earlier = d.onsets_later = 250;
    d.coincidences = 200;
    d.consecutive = 5;
  }
  CHECK(IsSteppingStone(view, rules));  // 4 * 250 / 100 = 10
  view.direction[1].consecutive = 4;
  CHECK_FALSE(IsSteppingStone(view, rules));
  for (auto& d : view.direction) d.onsets_earlier = 100;  // the smaller count of the pair decides
  CHECK(IsSteppingStone(view, rules));
}

TEST_CASE("Coincidences in the opposite order take away what they equal") {
  PairView view = Clear();
  PairRules rules{.min_coincidences = 0, .both_directions = false};
  for (auto& d : view.direction) {
    d.flipped_coincidences = 8;
    d.flipped_consecutive = 4;
  }
  CHECK_FALSE(IsSteppingStone(view, rules));  // 2 of 10 are left
  view.direction[0].flipped_coincidences = 7;
  CHECK(IsSteppingStone(view, rules));
  for (auto& d : view.direction) d.flipped_consecutive = 8;
  CHECK(IsSteppingStone(view, rules));  // (9 - 8) + (9 - 8)
  for (auto& d : view.direction) d.flipped_consecutive = 20;
  CHECK_FALSE(IsSteppingStone(view, rules));
}

TEST_CASE("Without the directionality rule both orders count together") {
  PairView view = Clear();
  PairRules rules{.min_coincidences = 0, .directionality = false, .both_directions = false};
  for (auto& d : view.direction) {
    d.coincidences = 2;
    d.flipped_coincidences = 2;
    d.consecutive = 1;
    d.flipped_consecutive = 1;
  }
  CHECK(IsSteppingStone(view, rules));
  rules.directionality = true;
  CHECK_FALSE(IsSteppingStone(view, rules));
}

TEST_CASE("Where both directions are captured both must coincide") {
  PairView view = Clear();
  PairRules rules;
  view.direction[1].coincidences = 0;
  CHECK_FALSE(IsSteppingStone(view, rules));
  view.direction[1].coincidences = 1;
  CHECK_FALSE(IsSteppingStone(view, rules));
  view.direction[1].coincidences = 2;  // min_weaker_ratio: 0.2
  CHECK(IsSteppingStone(view, rules));

  view.direction[1].coincidences = 0;
  SECTION("switched off") { rules.both_directions = false; }
  SECTION("only one direction is captured") { view.sees_both_directions = false; }
  CHECK(IsSteppingStone(view, rules));
}

TEST_CASE("A weaker direction without any coincidence is not enough, whatever its ratio may be") {
  PairView view = Clear();
  view.direction[1].coincidences = 0;
  CHECK_FALSE(IsSteppingStone(view, PairRules{.min_weaker_ratio = 0}));
}

TEST_CASE("Counts near their limits do not overflow") {
  PairView view = Clear();
  for (auto& d : view.direction) {
    d.onsets_earlier = d.onsets_later = 0xffffffff;
    d.coincidences = 0xffffffff;
    d.consecutive = 0x7fffffff;
  }
  CHECK(IsSteppingStone(view, PairRules{.min_consecutive = 99}));
  CHECK_FALSE(IsSteppingStone(view, PairRules{.min_consecutive = 100}));
}

}  // namespace
}  // namespace cairn::timing
