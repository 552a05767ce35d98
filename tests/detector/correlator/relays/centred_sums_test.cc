// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/centred_sums.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/correlator/relays/connection_signs.h"
#include "detector/correlator/relays/signs.h"
#include "tests/detector/correlator/relays/one_host.h"
#include "tests/support/segment_builder.h"

namespace cairn::relays {
namespace {

using testing::HostEvent;
using testing::HostTraffic;
using testing::Millis;
using testing::Ms;

constexpr uint32_t kFiveMinutes = 1;
constexpr uint32_t kHalfAnHour = 2;
constexpr Role kAccepted = Role::kAccepted;
constexpr Role kOpened = Role::kOpened;

// The same sums by the definition: every slot of every alignment by itself, in doubles.
class PlainSums {
 public:
  explicit PlainSums(const Options& options) : options_(options), numbers_(options.slot) {
    weight_ = std::min(0.5, static_cast<double>(options.slot.ToNanoseconds()) / 2e9);
    block_ = kBlock.ToNanoseconds() / ActivityClock::QuarterOf(options.slot).ToNanoseconds();
  }

  void Play(const std::vector<HostEvent>& events, PacketTime end) {
    first_ = FloorDivide(numbers_.Quarter(events.front().time), block_);
    last_ = FloorDivide(numbers_.Quarter(end), block_);  // not over yet
    for (const HostEvent& event : events) {
      active_.insert(FloorDivide(numbers_.Quarter(event.time), block_));
    }
    for (auto& sums : window) sums.assign(options_.sums, 0);
    squares = {};
    adjacent = {};
    for (uint32_t a = 0; a < kAlignments; ++a) SumAlignment(events, a);
    FollowBlocks();
  }

  std::array<std::vector<double>, kReaches.size()> window;
  std::array<double, kReaches.size()> squares{};
  std::array<double, kReaches.size()> adjacent{};
  std::array<double, kReaches.size()> expected{};

 private:
  struct Slot {
    std::vector<std::array<double, 2>> in;  // for each of K, by side
    std::vector<std::array<double, 2>> out;
  };
  using Sums = std::vector<double>;

  static int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
  static bool Bit(std::span<const uint64_t> words, size_t k) {
    return (words[k / 64] >> (k % 64) & 1U) != 0;
  }

  void SumAlignment(const std::vector<HostEvent>& events, uint32_t alignment) {
    const size_t count = options_.sums;
    std::map<int64_t, Slot> slots;
    std::set<std::tuple<int64_t, uint64_t, bool>> counted;
    ConnectionSigns signs(options_);
    for (const HostEvent& event : events) {
      const int64_t number = FloorDivide(numbers_.Quarter(event.time) + alignment, 4);
      if (!counted.insert({number, event.uid, event.incoming}).second) continue;
      signs.Set(event.uid, event.role, HostNumber(HostTraffic::PeerOf(event.uid)));
      Slot& slot = slots[number];
      slot.in.resize(count);
      slot.out.resize(count);
      for (size_t k = 0; k < count; ++k) {
        auto& sums = event.incoming ? slot.in[k] : slot.out[k];
        sums[Bit(signs.side(), k) ? 1 : 0] += Bit(signs.sign(), k) ? 1 : -1;
      }
    }
    Slot empty;
    empty.in.resize(count);
    empty.out.resize(count);
    Slot mean = empty;
    std::array<std::vector<std::array<double, 2>>, kReaches.size()> reaching;
    reaching.fill(empty.in);
    std::array<double, 2> variance{};
    const int64_t first = slots.begin()->first;
    for (int64_t n = first; 4 * (n + 1) - alignment <= last_ * block_; ++n) {
      const auto found = slots.find(n);
      const Slot& now = found == slots.end() ? empty : found->second;
      // The block in which the slot ends.
      const int64_t block = FloorDivide(4 * (n + 1) - alignment - 1, block_);
      std::array<double, 2> in_squares{};
      std::array<double, 2> out_squares{};
      size_t lanes = 0;
      for (size_t k = 0; k < count; ++k) {
        if (k / kLanes % kAlignments != alignment) continue;
        ++lanes;
        for (size_t side = 0; side < 2; ++side) {
          const double out = now.out[k][1 - side] - mean.out[k][1 - side];
          in_squares[side] += std::pow(now.in[k][side] - mean.in[k][side], 2);
          out_squares[side] += out * out;
          for (size_t r = 0; r < kReaches.size(); ++r) {
            double& sum = reaching[r][k][side];
            sum = sum * (1 - 1.0 / kReaches[r]) + now.in[k][side];
            Sums& product = blocks_[block][r];
            product.resize(count);
            product[k] += (sum - kReaches[r] * mean.in[k][side]) * out;
          }
        }
        for (size_t side = 0; side < 2; ++side) {
          mean.in[k][side] += weight_ * (now.in[k][side] - mean.in[k][side]);
          mean.out[k][side] += weight_ * (now.out[k][side] - mean.out[k][side]);
        }
      }
      for (size_t side = 0; side < 2; ++side) {
        if (found == slots.end()) {
          variance[side] *= 1 - weight_;
          continue;
        }
        const auto mean_of = [&](double sum) { return sum / static_cast<double>(lanes); };
        variance[side] += weight_ * (mean_of(in_squares[side]) - variance[side]);
        for (size_t r = 0; r < kReaches.size(); ++r) {
          const double n2 = kReaches[r];
          expected_[block][r] +=
              mean_of(out_squares[side]) * variance[side] / kAlignments * n2 * n2 / (2 * n2 - 1);
        }
      }
    }
  }

  // What is left over in a block without any activity counts in the next one, unless it is too long
  // ago.
  void FollowBlocks() {
    std::array<Sums, kReaches.size()> rest;
    std::array<Sums, kReaches.size()> before;
    std::array<double, kReaches.size()> expected_rest{};
    int idle = 0;
    for (int64_t block = first_; block < last_; ++block) {
      const bool is_active = active_.contains(block);
      for (size_t r = 0; r < kReaches.size(); ++r) {
        rest[r].resize(options_.sums);
        before[r].resize(options_.sums);
        expected_rest[r] += expected_[block][r];
        Sums& products = blocks_[block][r];
        products.resize(options_.sums);
        for (size_t k = 0; k < options_.sums; ++k) rest[r][k] += products[k];
        if (is_active) {
          for (size_t k = 0; k < options_.sums; ++k) {
            window[r][k] += rest[r][k];
            squares[r] += rest[r][k] * rest[r][k];
            adjacent[r] += rest[r][k] * before[r][k];
          }
          before[r] = rest[r];
          expected[r] += expected_rest[r] * options_.sums;
        } else {
          before[r].assign(options_.sums, 0);
        }
        if (is_active || idle + 1 >= 10) {
          rest[r].assign(options_.sums, 0);
          expected_rest[r] = 0;
        }
      }
      idle = is_active ? 0 : idle + 1;
    }
  }

  const Options options_;
  const SlotNumbers numbers_;
  double weight_ = 0;
  int64_t block_ = 0;  // in quarters
  int64_t first_ = 0;
  int64_t last_ = 0;
  std::set<int64_t> active_;
  std::map<int64_t, std::array<Sums, kReaches.size()>> blocks_;
  std::map<int64_t, std::array<double, kReaches.size()>> expected_;
};

// Six connections, with pauses of all lengths at the same moments for all of them.
HostTraffic Irregular(uint64_t seed, PacketTime start) {
  HostTraffic traffic;
  PacketTime at = start;
  constexpr std::array<int64_t, 8> kPauses_ms = {0,      100,    1200,   3000,
                                                 29'900, 31'000, 33'000, 90'000};
  for (size_t i = 0; i < kPauses_ms.size(); ++i) {
    at = at + Millis(kPauses_ms[(i + seed) % kPauses_ms.size()]);
    const PacketDelta length = Millis(1700 + 400 * static_cast<int64_t>(i));
    for (uint64_t uid = 1; uid <= 6; ++uid) {
      const Role role = uid % 2 == 0 ? kAccepted : kOpened;
      const PacketDelta gap = Millis(40 * static_cast<int64_t>(uid));
      traffic.Random(seed + i, uid, true, role, at, length, gap);
      traffic.Random(seed + 100 + i, uid, false, role, at, length, gap * 2);
    }
    at = at + length;
  }
  return traffic;
}

void CheckAgainstPlainSums(const Options& options, const HostTraffic& traffic, PacketTime end) {
  const Decay decay(options.slot);
  CentredSums sums(options, decay);
  traffic.PlayTo(sums, end);
  PlainSums plain(options);
  plain.Play(traffic.Sorted(), end);
  std::vector<float> read;
  for (uint32_t r = 0; r < kReaches.size(); ++r) {
    double most = 0;
    for (const double sum : plain.window[r]) most = std::max(most, std::abs(sum));
    REQUIRE(most > 1);
    sums.Read(kHalfAnHour, r, read);
    REQUIRE(read.size() == options.sums);
    for (size_t k = 0; k < read.size(); ++k) {
      INFO("reach " << kReaches[r] << ", sum " << k);
      REQUIRE(read[k] == Approx(plain.window[r][k]).margin(1e-3 * most));
    }
  }
  const RelayScore score = sums.Score(kHalfAnHour);
  if (score.nats == 0) return;
  double total = 0;
  for (const double sum : plain.window[score.reach]) total += sum * sum;
  const double by_chance =
      std::max(plain.squares[score.reach], plain.expected[score.reach]) + options.sums;
  CHECK(score.ratio == Approx((total - 2 * plain.adjacent[score.reach]) / by_chance).epsilon(1e-3));
}

TEST_CASE("The sums are those of the definition, whatever the pauses and the alignments") {
  Options options;
  options.sums = 64;
  options.pairing = GENERATE(Pairing::kOppositeRoles, Pairing::kAny);
  const uint64_t seed = GENERATE(range(uint64_t{1}, uint64_t{4}));
  HostTraffic traffic = Irregular(seed, Ms(12'345));
  traffic.PassOn(2, 3, Millis(30));
  CheckAgainstPlainSums(options, traffic, Ms(300'000));
}

TEST_CASE("The sums are those of the definition before 1970 and across its first second") {
  Options options;
  options.sums = 64;
  for (const int64_t start_s : {-5'000'000'000LL, -100LL}) {
    const PacketTime start = PacketTime::FromNanoseconds(start_s * 1'000'000'000 + 17);
    HostTraffic traffic = Irregular(3, start);
    traffic.PassOn(2, 3, Millis(30));
    CheckAgainstPlainSums(options, traffic, start + PacketDelta::FromSeconds(300));
  }
}

TEST_CASE("The sums are those of the definition with short slots and with long ones") {
  Options options;
  options.sums = 64;
  options.slot = Millis(GENERATE(40, 400));
  HostTraffic traffic = Irregular(2, Ms(0));
  traffic.PassOn(2, 3, Millis(30));
  CheckAgainstPlainSums(options, traffic, Ms(300'000));
}

TEST_CASE("A window that was cleared holds what came since, and the others all") {
  Options options;
  const Decay decay(options.slot);
  CentredSums sums(options, decay);
  HostTraffic traffic;
  traffic.Random(1, 2, true, kAccepted, Ms(0), Millis(60'000), Millis(500)).PassOn(2, 3, Millis(5));
  traffic.PlayTo(sums, Ms(60'000));
  CHECK(sums.Score(0).blocks == 20);
  CHECK(sums.Score(0).nats > 0);
  sums.Clear(0);
  CHECK(sums.Score(0).blocks == 0);
  CHECK(sums.Score(0).nats == 0);
  CHECK(sums.Score(0).ratio == 0);
  CHECK(sums.Score(kFiveMinutes).blocks == 20);
  std::vector<float> read;
  sums.Read(0, 0, read);
  CHECK(read == std::vector<float>(options.sums, 0));
}

TEST_CASE("An untouched host has no score") {
  const Options options;
  const Decay decay(options.slot);
  CentredSums sums(options, decay);
  sums.AdvanceTo(Ms(0));
  CHECK(sums.Score(0).nats == 0);
  CHECK(sums.Score(0).ratio == 0);
}

RelayScore AfterFiveMinutes(const HostTraffic& traffic, const Options& options = {}) {
  const Decay decay(options.slot);
  CentredSums sums(options, decay);
  traffic.PlayTo(sums, Ms(300'000));
  return sums.Score(kFiveMinutes);
}

constexpr PacketDelta kFive = PacketDelta::FromSeconds(300);
const double kNoEvidence = std::log(100);
constexpr double kProof = 15;

// Logins and requests that have nothing to do with each other.
HostTraffic Strangers() {
  HostTraffic traffic;
  for (uint64_t uid = 10; uid < 20; ++uid) {
    const Role role = uid % 2 == 0 ? kAccepted : kOpened;
    const PacketDelta gap = Millis(300 + 50 * static_cast<int64_t>(uid));
    traffic.Random(1, uid, true, role, Ms(0), kFive, gap);
    traffic.Random(2, uid, false, role, Ms(0), kFive, gap);
  }
  return traffic;
}

void AddBulk(HostTraffic& traffic) {
  for (const uint64_t uid : {30U, 31U}) {
    const Role role = uid == 30 ? kAccepted : kOpened;
    traffic.Clock(uid, true, role, Ms(0), kFive, Millis(19));
    traffic.Clock(uid, false, role, Ms(3), kFive, Millis(17));
  }
}

TEST_CASE("Strangers give no evidence") {
  const RelayScore score = AfterFiveMinutes(Strangers());
  CHECK(score.nats < kNoEvidence);
  CHECK(score.blocks == 100);
}

TEST_CASE("What is active in every slot gives no evidence, though all of it coincides") {
  HostTraffic traffic;
  AddBulk(traffic);
  CHECK(AfterFiveMinutes(traffic).nats < kNoEvidence);
}

TEST_CASE("Clocks that tick at different rates give no evidence") {
  HostTraffic traffic = Strangers();
  traffic.Clock(30, true, kAccepted, Ms(0), kFive, Millis(1000));
  traffic.Clock(31, false, kOpened, Ms(50), kFive, Millis(730));
  CHECK(AfterFiveMinutes(traffic).nats < kNoEvidence);
}

TEST_CASE("What is passed on is found, at once or two tenths of a second later") {
  for (const int64_t delay_ms : {2, 50, 200}) {
    HostTraffic traffic = Strangers();
    traffic.Random(9, 1, true, kAccepted, Ms(0), kFive, Millis(1000))
        .PassOn(1, 2, Millis(delay_ms));
    const RelayScore score = AfterFiveMinutes(traffic);
    INFO(delay_ms << " ms");
    CHECK(score.nats > kProof);
    CHECK(score.ratio > 1);
    if (delay_ms != 50) CHECK((score.reach > 0) == (delay_ms == 200));  // 50: in half of the slots
  }
}

TEST_CASE("What is passed on is found beside bulk transfers") {
  HostTraffic traffic;
  traffic.Random(9, 1, true, kAccepted, Ms(0), kFive, Millis(1000)).PassOn(1, 2, Millis(5));
  AddBulk(traffic);
  CHECK(AfterFiveMinutes(traffic).nats > kProof);
}

TEST_CASE("Two connections of one role are a relay only where any two may be paired") {
  HostTraffic traffic;
  traffic.Random(9, 1, true, kOpened, Ms(0), kFive, Millis(1000)).PassOn(1, 2, Millis(5));
  Options options;
  CHECK(AfterFiveMinutes(traffic, options).nats < kNoEvidence);
  options.pairing = Pairing::kAny;
  CHECK(AfterFiveMinutes(traffic, options).nats > kProof);
}

TEST_CASE("Answers on the connection itself are not passed on") {
  HostTraffic traffic;
  for (const uint64_t uid : {1U, 2U}) {
    const Role role = uid == 1 ? kAccepted : kOpened;
    traffic.Random(9, uid, true, role, Ms(0), kFive, Millis(1000));
    for (const HostEvent& event : traffic.Sorted()) {
      if (event.uid == uid) traffic.Send(event.time + Millis(5), uid, false, role);
    }
  }
  Options options;
  options.pairing = GENERATE(Pairing::kOppositeRoles, Pairing::kAny);
  CHECK(AfterFiveMinutes(traffic, options).nats < kNoEvidence);
}

TEST_CASE("Hundreds of busy connections in slots of milliseconds are counted for so many") {
  // In a block each is active 1500 times, so that sums go beyond what 16 bits hold.
  Options options;
  options.slot = Millis(4);
  options.sums = 512;
  const Decay decay(options.slot);
  CentredSums sums(options, decay);
  constexpr uint64_t kBusy = 300;
  const IpAddress nobody;
  FlowActivity activity;
  for (int64_t slot = 0; slot < 3 * 750; ++slot) {
    activity.time = Ms(4 * slot);
    activity.previous = activity.time - options.slot;
    for (activity.uid = 1; activity.uid <= kBusy; ++activity.uid) {
      // One of them is passed on, now and then.
      const bool pauses = activity.uid == 1 && SignWord(static_cast<uint64_t>(slot), 0) % 8 != 0;
      if (!pauses) sums.Add(activity, true, kAccepted, nobody);
      sums.Add(activity, false, kAccepted, nobody);
      if (activity.uid != 1 || pauses) continue;
      FlowActivity passed_on = activity;
      passed_on.uid = 1000;
      sums.Add(passed_on, false, kOpened, nobody);
    }
  }
  sums.AdvanceTo(Ms(9000));
  const RelayScore score = sums.Score(0);
  REQUIRE(score.nats > 0);
  // 300 pairs, and as many independent sums as 512 of 300 pairs are worth.
  CHECK(score.freedom == Approx(1 / (1.0 / 512 + 1.0 / kBusy)).epsilon(0.1));
}

}  // namespace
}  // namespace cairn::relays
