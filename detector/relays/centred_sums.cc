// SPDX-License-Identifier: BSD-3-Clause
#include "detector/relays/centred_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "detector/relays/chance.h"

namespace cairn::relays {
namespace {

// How far back the running means reach.
constexpr PacketDelta kMemory = PacketDelta::FromSeconds(3);

constexpr size_t kIn = 1;
constexpr size_t kOut = 0;

float WeightOf(PacketDelta slot) {
  constexpr double kMost = 0.5;
  return static_cast<float>(std::min(kMost, static_cast<double>(slot.ToNanoseconds()) /
                                                static_cast<double>(kMemory.ToNanoseconds())));
}

}  // namespace

CentredSums::CentredSums(const Options& options)
    : numbers_(options.slot),
      pairing_(options.pairing),
      weight_(WeightOf(options.slot)),
      groups_(options.sums / kLanes) {}

void CentredSums::BeginAt(PacketTime time) {
  const int64_t block_ns = kBlock.ToNanoseconds();
  const int64_t ns = time.ToNanoseconds();
  const int64_t passed = ((ns % block_ns) + block_ns) % block_ns;
  block_end_ = PacketTime::FromNanoseconds(ns - passed + block_ns);
  for (uint32_t a = 0; a < kAlignments; ++a) {
    slot_[a] = SlotNumbers::Number(numbers_.Quarter(time), a);
    empty_slots_[a] = kRing;
    filled_[a] = false;
  }
  for (Group& group : groups_) {
    group.now = {};
    group.mean = {};
    group.reaching = {};
    group.past = {};
    group.block = {};
  }
  variance_ = {};
  expected_ = {};
  idle_blocks_ = 0;
}

void CentredSums::Add(const FlowActivity& activity, bool incoming, std::span<const uint64_t> signs,
                      std::span<const uint64_t> side) {
  AdvanceTo(activity.time);
  if (idle_blocks_ >= kMostIdle) BeginAt(activity.time);
  active_ = true;
  const int64_t quarter = numbers_.Quarter(activity.time);
  const int64_t previous = numbers_.Quarter(activity.previous);
  for (uint32_t a = 0; a < kAlignments; ++a) {
    const int64_t number = SlotNumbers::Number(quarter, a);
    if (SlotNumbers::Number(previous, a) == number) continue;  // it is in that slot's sum already
    EndSlots(a, number);
    filled_[a] = true;
    ++active_slots_[a][side[0] & 1U];
    for (size_t g = a; g < groups_.size(); g += kAlignments) {
      const size_t word = g * kLanes / 64;
      const size_t part = g % (64 / kLanes);
      const uint32_t sign = LaneBits(signs[word], part);
      const uint32_t second = LaneBits(side[word], part);
      auto& now = groups_[g].now[incoming ? kIn : kOut];
      if (second == 0) {
        AddSigns(sign, now[0]);
      } else if (second == 0xffffU) {
        AddSigns(sign, now[1]);
      } else {
        AddMaskedSigns(sign, ~second & 0xffffU, now[0]);
        AddMaskedSigns(sign, second, now[1]);
      }
    }
  }
}

void CentredSums::AdvanceTo(PacketTime now) {
  while (idle_blocks_ < kMostIdle && now >= block_end_) EndBlock();
}

void CentredSums::EndBlock() {
  const int64_t quarter = numbers_.Quarter(block_end_);
  for (uint32_t a = 0; a < kAlignments; ++a) EndSlots(a, SlotNumbers::Number(quarter, a));
  MeasureBlock();
  block_end_ = block_end_ + kBlock;
  idle_blocks_ = active_ ? 0 : idle_blocks_ + 1;
  active_ = false;
}

void CentredSums::EndSlots(uint32_t alignment, int64_t until) {
  while (slot_[alignment] < until) {
    if (!filled_[alignment] && empty_slots_[alignment] >= kRing) {
      SkipEmptySlots(alignment, until - slot_[alignment]);
      slot_[alignment] = until;
      return;
    }
    for (size_t g = alignment; g < groups_.size(); g += kAlignments) {
      EndSlot(alignment, groups_[g]);
    }
    empty_slots_[alignment] = filled_[alignment] ? 0 : empty_slots_[alignment] + 1;
    filled_[alignment] = false;
    ++slot_[alignment];
  }
}

void CentredSums::EndSlot(uint32_t alignment, Group& group) {
  MeasureVariance(group);
  const auto slot = static_cast<uint64_t>(slot_[alignment]);
  const size_t at = slot % kRing;
  for (size_t side = 0; side < kSides; ++side) {
    Lanes16& in = group.now[kIn][side];
    Lanes16& out = group.now[kOut][1 - side];
    std::array<float, kLanes>& mean_in = group.mean[kIn][side];
    std::array<float, kLanes>& mean_out = group.mean[kOut][1 - side];
    // What is beyond a byte could not be taken off again, so it is not put in either.
    for (int16_t& sum : in) {
      sum = std::clamp<int16_t>(sum, std::numeric_limits<int8_t>::min(),
                                std::numeric_limits<int8_t>::max());
    }
    std::array<float, kLanes> centred_out;
    for (size_t i = 0; i < kLanes; ++i) {
      centred_out[i] = static_cast<float>(out[i]) - mean_out[i];
      group.block[0][i] += (static_cast<float>(in[i]) - mean_in[i]) * centred_out[i];
    }
    for (size_t r = 1; r < kReaches.size(); ++r) {
      Lanes16& sum = group.reaching[r - 1][side];
      const auto& gone = group.past[(slot + kRing - kReaches[r]) % kRing][side];
      const auto slots = static_cast<float>(kReaches[r]);
      for (size_t i = 0; i < kLanes; ++i) {
        sum[i] = static_cast<int16_t>(sum[i] + in[i] - gone[i]);
        group.block[r][i] += (static_cast<float>(sum[i]) - slots * mean_in[i]) * centred_out[i];
      }
    }
    for (size_t i = 0; i < kLanes; ++i) {
      group.past[at][side][i] = static_cast<int8_t>(in[i]);
      mean_in[i] += weight_ * (static_cast<float>(in[i]) - mean_in[i]);
      mean_out[i] += weight_ * centred_out[i];
    }
    for (size_t i = 0; i < kLanes; ++i) {
      group.total[side][i] = static_cast<int16_t>(group.total[side][i] + in[i]);
      group.total[1 - side][i] = static_cast<int16_t>(group.total[1 - side][i] + out[i]);
    }
    in = {};
    out = {};
  }
}

void CentredSums::MeasureVariance(const Group& group) {
  const double part = 1.0 / static_cast<double>(groups_.size());
  for (size_t incoming = 0; incoming < 2; ++incoming) {
    for (size_t side = 0; side < kSides; ++side) {
      float squares = 0;
      for (size_t i = 0; i < kLanes; ++i) {
        const float centred =
            static_cast<float>(group.now[incoming][side][i]) - group.mean[incoming][side][i];
        squares += centred * centred;
      }
      double& variance = variance_[incoming][side];
      variance += weight_ * part * (squares / kLanes - variance);
    }
  }
  const double product =
      variance_[kIn][0] * variance_[kOut][1] + variance_[kIn][1] * variance_[kOut][0];
  for (size_t r = 0; r < kReaches.size(); ++r) expected_[r] += part * kReaches[r] * product;
}

// As EndSlot() for so many slots in which nothing came and nothing is left of what came before: the
// means fade, and so does their product.
void CentredSums::SkipEmptySlots(uint32_t alignment, int64_t slots) {
  const double kept = 1.0 - weight_;
  const double left = std::pow(kept, static_cast<double>(slots));
  const double products = (1 - left * left) / (1 - kept * kept);
  for (size_t g = alignment; g < groups_.size(); g += kAlignments) {
    Group& group = groups_[g];
    for (size_t side = 0; side < kSides; ++side) {
      for (size_t r = 0; r < kReaches.size(); ++r) {
        const auto factor = static_cast<float>(products * kReaches[r]);
        for (size_t i = 0; i < kLanes; ++i) {
          group.block[r][i] += factor * group.mean[kIn][side][i] * group.mean[kOut][1 - side][i];
        }
      }
    }
    for (auto& direction : group.mean) {
      for (auto& side : direction) {
        for (float& mean : side) mean *= static_cast<float>(left);
      }
    }
  }
  const double part = 1.0 / kAlignments;
  const double product =
      variance_[kIn][0] * variance_[kOut][1] + variance_[kIn][1] * variance_[kOut][0];
  for (size_t r = 0; r < kReaches.size(); ++r)
    expected_[r] += part * products * kReaches[r] * product;
  for (auto& direction : variance_) {
    for (double& variance : direction) variance *= 1 - part * (1 - left);
  }
}

// On how many pairs of connections the block rests, each weighed by how active its two are.  A sum
// of signs, each as often as its flow was active, has the squares of these numbers for its mean
// square: with their sum that says how many flows there are in effect.
double CentredSums::PairsInBlock() {
  std::array<double, kSides + 1> squares{};  // of each side's totals, and of both together
  for (Group& group : groups_) {
    for (size_t i = 0; i < kLanes; ++i) {
      const auto first = static_cast<double>(group.total[0][i]);
      const auto second = static_cast<double>(group.total[1][i]);
      squares[0] += first * first;
      squares[1] += second * second;
      squares[2] += (first + second) * (first + second);
    }
    group.total = {};
  }
  std::array<double, kSides + 1> count_squares{};
  for (std::array<uint32_t, kSides>& counts : active_slots_) {
    count_squares[0] += static_cast<double>(counts[0]) * counts[0];
    count_squares[1] += static_cast<double>(counts[1]) * counts[1];
    count_squares[2] += static_cast<double>(counts[0] + counts[1]) * (counts[0] + counts[1]);
    counts = {};
  }
  const auto flows = [&](size_t of) {
    const double mean = squares[of] / static_cast<double>(groups_.size() * kLanes);
    return mean > 0 ? std::max(1.0, count_squares[of] / kAlignments / mean) : 1.0;
  };
  if (pairing_ == Pairing::kOppositeRoles) return flows(0) * flows(1);
  return std::max(1.0, flows(2) * (flows(2) - 1) / 2);
}

void CentredSums::MeasureBlock() {
  const double pairs = PairsInBlock();
  for (size_t r = 0; r < kReaches.size(); ++r) {
    double squares = 0;
    for (Group& group : groups_) {
      for (size_t i = 0; i < kLanes; ++i) {
        squares += static_cast<double>(group.block[r][i]) * group.block[r][i];
      }
      for (size_t w = 0; w < kWindowMinutes.size(); ++w) {
        for (size_t i = 0; i < kLanes; ++i) group.window[w][r][i] += group.block[r][i];
      }
      group.block[r] = {};
    }
    const auto sums = static_cast<double>(groups_.size() * kLanes);
    const double mean = squares / sums;
    for (size_t w = 0; w < kWindowMinutes.size(); ++w) {
      Scale& scale = scale_[w][r];
      scale.squares += squares;
      scale.expected += expected_[r] * sums;
      scale.quartic += mean * mean;
      scale.shared += mean * mean / pairs;
    }
    expected_[r] = 0;
  }
  for (uint32_t& blocks : blocks_) ++blocks;
}

RelayScore CentredSums::Score(uint32_t window) const {
  RelayScore best{.window = window, .blocks = blocks_[window]};
  const auto sums = static_cast<double>(groups_.size() * kLanes);
  for (uint32_t r = 0; r < kReaches.size(); ++r) {
    const Scale& scale = scale_[window][r];
    // One coincidence more than there were: of less than a whole one nothing follows.
    const double by_chance = std::max(scale.squares, scale.expected) + sums;
    if (!(scale.quartic > 0)) continue;
    double squares = 0;
    for (const Group& group : groups_) {
      for (const float sum : group.window[window][r]) squares += static_cast<double>(sum) * sum;
    }
    const double ratio = squares / by_chance;
    const double freedom = 1 / (1 / sums + scale.shared / scale.quartic);
    const double nats = ChiSquareTailNats(freedom, ratio) - std::log(kReaches.size());
    if (nats <= best.nats) continue;
    best.nats = nats;
    best.ratio = ratio;
    best.freedom = freedom;
    best.reach = r;
  }
  return best;
}

void CentredSums::Read(uint32_t window, uint32_t reach, std::vector<float>& sums) const {
  sums.clear();
  for (const Group& group : groups_) {
    sums.insert(sums.end(), group.window[window][reach].begin(), group.window[window][reach].end());
  }
}

void CentredSums::Clear(uint32_t window) {
  for (Group& group : groups_) group.window[window] = {};
  scale_[window] = {};
  blocks_[window] = 0;
}

}  // namespace cairn::relays
