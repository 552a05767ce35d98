// SPDX-License-Identifier: BSD-3-Clause
// The evidence of one ordered flow pair: calibrated for strangers, strong for relays, nil for
// clocks.
#include "detector/correlator/timing/onset_evidence.h"

#include <cmath>
#include <random>

#include "catch2/catch.hpp"

namespace cairn::timing {
namespace {

constexpr PacketDelta EvidenceMs(int64_t ms) { return PacketDelta::FromMilliseconds(ms); }
PacketTime At(int64_t ms) { return PacketTime::FromNanoseconds(ms * 1000000); }

Coverage OfGaps(std::initializer_list<PacketDelta> gaps) {
  Coverage covered;
  for (const PacketDelta gap : gaps) covered.AddGap(gap);
  return covered;
}

TEST_CASE("The chance of a window is its share of the horizon") {
  CHECK(OfGaps({EvidenceMs(2000)}).Chance(1) == Approx(0.04).epsilon(0.01));
  // Where nothing follows for a minute only the first ten seconds count.
  CHECK(OfGaps({EvidenceMs(60000)}).Chance(1) == Approx(0.008).epsilon(0.01));
  CHECK(OfGaps({EvidenceMs(2000), EvidenceMs(60000)}).Chance(1) == Approx(0.16 / 12).epsilon(0.01));
  // Windows that reach into each other cover the time once.
  CHECK(OfGaps({EvidenceMs(1000), EvidenceMs(1000)}).Chance(4) == Approx(1).epsilon(0.01));
}

TEST_CASE("A relay is evidence, more with every onset") {
  Coverage covered;
  OnsetEvidence evidence{covered};
  double before = 0;
  for (int i = 0; i < 10; ++i) {
    covered.AddGap(EvidenceMs(1000 + 137 * i));
    evidence.Add(At(7 * i * i * i * i + 1700 * i), EvidenceMs(5));
    if (i < 3) continue;
    const Significance now = evidence.View(covered);
    CHECK(now.nats > before);
    CHECK(now.window == EvidenceMs(20));
    CHECK(now.hits == now.trials);
    before = now.nats;
  }
  CHECK(before > 25);
}

TEST_CASE("What was covered before the pair was taken up does not count") {
  Coverage covered = OfGaps({EvidenceMs(600), EvidenceMs(600), EvidenceMs(600), EvidenceMs(600)});
  OnsetEvidence evidence{covered};
  covered.AddGap(EvidenceMs(10000));
  evidence.Add(At(1), EvidenceMs(50));
  CHECK(evidence.View(covered).chance == Approx(0.008).epsilon(0.01));
}

TEST_CASE("An onset beyond the horizon is no trial") {
  OnsetEvidence evidence;
  evidence.Add(At(0), kEvidenceHorizon);
  evidence.Add(At(0), kEvidenceHorizon + PacketDelta::FromNanoseconds(1));
  CHECK(evidence.onsets() == 1);
}

TEST_CASE("A trial that was counted with too long a lag is put right, once") {
  OnsetEvidence evidence;
  evidence.Add(At(0), EvidenceMs(700));
  evidence.Correct(At(0), EvidenceMs(700), EvidenceMs(0));
  CHECK(evidence.onsets() == 1);
  for (size_t w = 0; w < kEvidenceWindows.size(); ++w) CHECK(evidence.hits(w) == 1);
  evidence.Correct(At(0), PacketDelta::Infinite(),
                   EvidenceMs(0));  // it was too far away to be a trial
  CHECK(evidence.onsets() == 2);
}

// Strangers: the evidence must exceed x, at any of a hundred looks, with probability e^-x at most.
TEST_CASE("Strangers pass a threshold no more often than it promises, however often one looks") {
  std::mt19937_64 random(20001113);
  constexpr int kPairs = 20000;
  int above_3 = 0;
  int above_5 = 0;
  for (int pair = 0; pair < kPairs; ++pair) {
    Coverage covered;
    OnsetEvidence evidence{covered};
    double most = 0;
    int64_t now = 0;
    for (int trial = 0; trial < 100; ++trial) {
      // The earlier flow's onsets are two seconds apart, the later one's anywhere between.
      covered.AddGap(EvidenceMs(2000));
      now += 2000;
      const auto lag = static_cast<int64_t>(random() % 2000000);
      evidence.Add(At(now), PacketDelta::FromMicroseconds(lag));
      most = std::max(most, evidence.View(covered).nats);
    }
    above_3 += most > 3 ? 1 : 0;
    above_5 += most > 5 ? 1 : 0;
  }
  CHECK(above_3 <= kPairs * std::exp(-3.0));
  CHECK(above_5 <= kPairs * std::exp(-5.0));
  CHECK(above_3 > 0);  // the test could fail
}

TEST_CASE("Hits by a common clock are no evidence, the same number by a person is") {
  const auto nats = [](const std::vector<int64_t>& hit_times_ms) {
    Coverage covered;
    OnsetEvidence evidence{covered};
    for (const int64_t time : hit_times_ms) {
      covered.AddGap(EvidenceMs(4000));
      evidence.Add(At(time), EvidenceMs(3));
      for (int miss = 0; miss < 3; ++miss) {
        covered.AddGap(EvidenceMs(4000));
        evidence.Add(At(time + 100), EvidenceMs(1700 + 500 * miss));
      }
    }
    return evidence.View(covered).nats;
  };
  std::vector<int64_t> clock;
  std::vector<int64_t> person;
  int64_t typed = 0;
  for (int64_t i = 0; i < 12; ++i) {
    clock.push_back(15000 * (i + i / 3) + (i % 2 == 0 ? 3 : 0));  // now and then it is not heard
    person.push_back(typed += 9000 + i * i * 613 % 7919);
  }
  CHECK(nats(clock) < 1);
  CHECK(nats(person) > 20);
}

TEST_CASE("Hits never exceed trials, whatever is corrected") {
  OnsetEvidence evidence;
  Coverage covered;
  covered.AddGap(PacketDelta::FromSeconds(30));
  const PacketDelta second = PacketDelta::FromSeconds(1);
  PacketTime time = PacketTime::FromNanoseconds(1'000'000'000);
  evidence.Correct(time, second, PacketDelta::Zero());  // against the rules: nothing was counted
  for (int i = 0; i < 5; ++i) {
    time = time + second * 3;
    evidence.Add(time, second);
    evidence.Correct(time, second, PacketDelta::Zero());
  }
  CHECK(evidence.onsets() == 5);
  CHECK(evidence.hits(0) == 6);
  const Significance view = evidence.View(covered);
  CHECK(view.hits <= view.trials);
  CHECK(view.nats < 100);
}

}  // namespace
}  // namespace cairn::timing
