// SPDX-License-Identifier: BSD-3-Clause
#include "detector/relays/centred_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "detector/relays/chance.h"

namespace cairn::relays {
namespace {

constexpr size_t kIn = 1;
constexpr size_t kOut = 0;

}  // namespace

CentredSums::CentredSums(const Options& options, const Decay& decay)
    : numbers_(options.slot),
      block_quarters_(std::max<int64_t>(
          kBlock.ToNanoseconds() / ActivityClock::QuarterNanoseconds(options.slot), 1)),
      pairing_(options.pairing),
      decay_(decay),
      signs_(options),
      groups_(options.sums / kLanes) {}

void CentredSums::Add(const FlowActivity& activity, bool incoming, Role role,
                      const IpAddress& peer) {
  constexpr int64_t kLongAgo = std::numeric_limits<uint32_t>::max();
  Entry& entry = log_[logged_];
  entry.uid = activity.uid;
  entry.peer = pairing_ == Pairing::kAny ? HostNumber(peer) : 0;
  entry.quarter = numbers_.Quarter(activity.time);
  entry.since = static_cast<uint32_t>(
      std::min(kLongAgo, entry.quarter - numbers_.Quarter(activity.previous)));
  entry.role = role;
  entry.incoming = incoming;
  if (++logged_ == kLog) WorkOff();
}

void CentredSums::WorkOff() {
  for (uint32_t i = 0; i < logged_; ++i) Take(log_[i]);
  logged_ = 0;
}

void CentredSums::AdvanceTo(PacketTime now) {
  WorkOff();
  const int64_t quarter = numbers_.Quarter(now);
  while (idle_blocks_ < kMostIdle && quarter >= block_end_) EndBlock();
}

void CentredSums::Take(const Entry& entry) {
  while (idle_blocks_ < kMostIdle && entry.quarter >= block_end_) EndBlock();
  if (idle_blocks_ >= kMostIdle) BeginAt(entry.quarter);
  active_ = true;
  signs_.Set(entry.uid, entry.role, entry.peer);
  for (uint32_t a = 0; a < kAlignments; ++a) {
    Alignment& alignment = alignments_[a];
    const int64_t slot = SlotNumbers::Number(entry.quarter, a);
    if (SlotNumbers::Number(entry.quarter - entry.since, a) == slot) continue;  // it counts already
    if (slot != alignment.slot) {
      if (alignment.filled) EndSlot(alignment, a);
      alignment.slot = slot;
    }
    alignment.filled = true;
    ++alignment.active[signs_.side()[0] & 1U];
    for (size_t g = a; g < groups_.size(); g += kAlignments) {
      const size_t word = g * kLanes / 64;
      const size_t part = g % (64 / kLanes);
      const uint32_t sign = LaneBits(signs_.sign()[word], part);
      const uint32_t second = LaneBits(signs_.side()[word], part);
      auto& now = groups_[g].now[entry.incoming ? kIn : kOut];
      if (pairing_ == Pairing::kOppositeRoles) {
        AddSigns(sign, now[second & 1U]);
      } else {
        AddMaskedSigns(sign, ~second & 0xffffU, now[0]);
        AddMaskedSigns(sign, second, now[1]);
      }
    }
  }
}

void CentredSums::BeginAt(int64_t quarter) {
  const int64_t passed = ((quarter % block_quarters_) + block_quarters_) % block_quarters_;
  block_end_ = quarter - passed + block_quarters_;
  for (uint32_t a = 0; a < kAlignments; ++a) {
    const int64_t slot = SlotNumbers::Number(quarter, a);
    alignments_[a] = Alignment{.slot = slot, .done = slot};
  }
  for (Group& group : groups_) {
    group.now = {};
    group.total = {};
    group.mean = {};
    group.reaching = {};
    group.block = {};
    group.block_before = {};
  }
  expected_ = {};
  idle_blocks_ = 0;
}

void CentredSums::EndBlock() {
  for (uint32_t a = 0; a < kAlignments; ++a) {
    // A slot that reaches into the next block stays open; the few quarters of it count there.
    Alignment& alignment = alignments_[a];
    const int64_t end = SlotNumbers::Number(block_end_, a);
    if (alignment.filled && alignment.slot < end) EndSlot(alignment, a);
    Fade(alignment, a, end);
  }
  MeasureBlock();
  block_end_ += block_quarters_;
  idle_blocks_ = active_ ? 0 : idle_blocks_ + 1;
  active_ = false;
}

void CentredSums::EndSlot(Alignment& alignment, uint32_t number) {
  Fade(alignment, number, alignment.slot);
  MeasureVariance(alignment, number);
  for (size_t g = number; g < groups_.size(); g += kAlignments) {
    Multiply(groups_[g], decay_.weight(), decay_);
  }
  ++alignment.done;
  alignment.filled = false;
}

void CentredSums::Fade(Alignment& alignment, uint32_t number, int64_t until) {
  if (alignment.done >= until) return;
  const auto slots = static_cast<uint64_t>(until - alignment.done);
  for (size_t g = number; g < groups_.size(); g += kAlignments) Fade(groups_[g], slots);
  for (float& variance : alignment.variance) variance *= decay_.Mean(slots);
  alignment.done = until;
}

// So many empty slots at once.  In each nothing less its mean is multiplied with what is left of
// the window less its mean.
void CentredSums::Fade(Group& group, uint64_t slots) {
  const float faded = decay_.Mean(slots);
  const float both = decay_.MeanTimesMean(slots);
  for (size_t side = 0; side < kSides; ++side) {
    Sums& mean_in = group.mean[kIn][side];
    Sums& mean_out = group.mean[kOut][1 - side];
    for (size_t i = 0; i < kLanes; ++i) group.block[0][i] += both * mean_in[i] * mean_out[i];
    for (size_t r = 1; r < kReaches.size(); ++r) {
      Sums& sum = group.reaching[r - 1][side];
      const float left = decay_.Window(r, slots);
      const float product = decay_.WindowTimesMean(r, slots);
      const float length = both * static_cast<float>(kReaches[r]);
      for (size_t i = 0; i < kLanes; ++i) {
        group.block[r][i] += (length * mean_in[i] - product * sum[i]) * mean_out[i];
        sum[i] *= left;
      }
    }
    for (size_t i = 0; i < kLanes; ++i) mean_in[i] *= faded;
    for (size_t i = 0; i < kLanes; ++i) mean_out[i] *= faded;
  }
}

void CentredSums::Multiply(Group& group, float weight, const Decay& decay) {
  for (size_t side = 0; side < kSides; ++side) {
    Lanes16& in = group.now[kIn][side];
    Lanes16& out = group.now[kOut][1 - side];
    Sums& mean_in = group.mean[kIn][side];
    Sums& mean_out = group.mean[kOut][1 - side];
    Sums in_now;
    Sums out_centred;
    for (size_t i = 0; i < kLanes; ++i) {
      in_now[i] = in[i];
      out_centred[i] = static_cast<float>(out[i]) - mean_out[i];
      group.block[0][i] += (in_now[i] - mean_in[i]) * out_centred[i];
    }
    for (size_t r = 1; r < kReaches.size(); ++r) {
      Sums& sum = group.reaching[r - 1][side];
      const float left = decay.Window(r, 1);
      const auto length = static_cast<float>(kReaches[r]);
      for (size_t i = 0; i < kLanes; ++i) {
        sum[i] = sum[i] * left + in_now[i];
        group.block[r][i] += (sum[i] - length * mean_in[i]) * out_centred[i];
      }
    }
    for (size_t i = 0; i < kLanes; ++i) {
      mean_in[i] += weight * (in_now[i] - mean_in[i]);
      mean_out[i] += weight * out_centred[i];
      group.total[side][i] += in_now[i];
      group.total[1 - side][i] += static_cast<float>(out[i]);
    }
    in = {};
    out = {};
  }
}

// What the products' squares would be if all flows went their own ways: the variance of what comes
// in times the square of what goes out.
void CentredSums::MeasureVariance(Alignment& alignment, uint32_t number) {
  const size_t groups = groups_.size() / kAlignments;
  const auto lanes = static_cast<float>(groups * kLanes);
  for (size_t side = 0; side < kSides; ++side) {
    float in_squares = 0;
    float out_squares = 0;
    for (size_t g = number; g < groups_.size(); g += kAlignments) {
      const Group& group = groups_[g];
      for (size_t i = 0; i < kLanes; ++i) {
        const float in = static_cast<float>(group.now[kIn][side][i]) - group.mean[kIn][side][i];
        const float out =
            static_cast<float>(group.now[kOut][1 - side][i]) - group.mean[kOut][1 - side][i];
        in_squares += in * in;
        out_squares += out * out;
      }
    }
    float& variance = alignment.variance[side];
    variance += decay_.weight() * (in_squares / lanes - variance);
    const double product = static_cast<double>(out_squares / lanes) * variance / kAlignments;
    for (size_t r = 0; r < kReaches.size(); ++r) {
      // The sum of squares of an exponential window's weights.
      const double n = kReaches[r];
      expected_[r] += product * n * n / (2 * n - 1);
    }
  }
}

// On how many pairs of connections sums rest, each weighed by how active its two are.  A sum of
// signs, each as often as its flow was active, has the squares of these numbers for its mean square
// (`squares`: of each side and of both together, a mean over the sums): with their total (`active`)
// that says how many flows there are in effect.
double CentredSums::Pairs(const std::array<double, kSides + 1>& squares,
                          const std::array<double, kSides>& active) const {
  const auto flows = [](double total, double square) {
    return square > 0 ? std::max(1.0, total * total / square) : 1.0;
  };
  if (pairing_ == Pairing::kOppositeRoles) {
    return flows(active[0], squares[0]) * flows(active[1], squares[1]);
  }
  const double all = flows(active[0] + active[1], squares[2]);
  return std::max(1.0, all * (all - 1) / 2);
}

double CentredSums::PairsInWindow(uint32_t window) const {
  std::array<double, kSides + 1> squares{};
  for (const Group& group : groups_) {
    for (size_t i = 0; i < kLanes; ++i) {
      const auto first = static_cast<double>(group.flows[window][0][i]);
      const auto second = static_cast<double>(group.flows[window][1][i]);
      squares[0] += first * first;
      squares[1] += second * second;
      squares[2] += (first + second) * (first + second);
    }
  }
  for (double& square : squares) square /= static_cast<double>(groups_.size() * kLanes);
  return Pairs(squares, active_flows_[window]);
}

void CentredSums::MeasureBlock() {
  for (uint32_t& blocks : blocks_) ++blocks;
  if (!active_) {
    for (Group& group : groups_) group.block_before = {};
    return;
  }
  const auto sums = static_cast<double>(groups_.size() * kLanes);
  std::array<double, kSides> active{};
  for (Alignment& alignment : alignments_) {
    for (size_t side = 0; side < kSides; ++side) {
      active[side] += static_cast<double>(alignment.active[side]) / kAlignments;
    }
    alignment.active = {};
  }
  std::array<double, kSides + 1> flow_squares{};
  for (Group& group : groups_) {
    for (size_t i = 0; i < kLanes; ++i) {
      const float first = group.total[0][i];
      const float second = group.total[1][i];
      flow_squares[0] += first * first / sums;
      flow_squares[1] += second * second / sums;
      flow_squares[2] += (first + second) * (first + second) / sums;
      for (auto& flows : group.flows) {
        flows[0][i] += first;
        flows[1][i] += second;
      }
    }
    group.total = {};
  }
  for (auto& flows : active_flows_) {
    for (size_t side = 0; side < kSides; ++side) flows[side] += active[side];
  }
  const double pairs = Pairs(flow_squares, active);
  for (size_t r = 0; r < kReaches.size(); ++r) {
    double squares = 0;
    double adjacent = 0;
    for (Group& group : groups_) {
      for (size_t i = 0; i < kLanes; ++i) {
        const auto sum = static_cast<double>(group.block[r][i]);
        squares += sum * sum;
        adjacent += sum * group.block_before[r][i];
      }
      for (size_t w = 0; w < kWindowMinutes.size(); ++w) {
        for (size_t i = 0; i < kLanes; ++i) group.window[w][r][i] += group.block[r][i];
      }
      group.block_before[r] = std::exchange(group.block[r], {});
    }
    const double mean = squares / sums;
    for (size_t w = 0; w < kWindowMinutes.size(); ++w) {
      Scale& scale = scale_[w][r];
      scale.squares += squares;
      if (blocks_[w] > 1) scale.adjacent += adjacent;
      scale.expected += expected_[r] * sums;
      scale.quartic += mean * mean;
      scale.shared += mean * mean / pairs;
    }
    expected_[r] = 0;
  }
}

RelayScore CentredSums::Score(uint32_t window) const {
  RelayScore best{.window = window, .blocks = blocks_[window]};
  const auto sums = static_cast<double>(groups_.size() * kLanes);
  const double pairs_in_window = PairsInWindow(window);
  for (uint32_t r = 0; r < kReaches.size(); ++r) {
    const Scale& scale = scale_[window][r];
    if (!(scale.shared > 0)) continue;
    // One coincidence more than there were: of less than a whole one nothing follows.
    const double by_chance = std::max(scale.squares, scale.expected) + sums;
    double squares = 0;
    for (const Group& group : groups_) {
      for (const float sum : group.window[window][r]) squares += static_cast<double>(sum) * sum;
    }
    const double ratio = std::max(0.0, squares - 2 * scale.adjacent) / by_chance;
    // Connections come and go, so that a window rests on more pairs than a block does; on how many
    // more lies between none and what the flows of the whole window could make.
    const double pairs_in_block = scale.quartic / scale.shared;
    const double pairs = std::sqrt(pairs_in_block * std::max(pairs_in_block, pairs_in_window));
    const double freedom = 1 / (1 / sums + 1 / pairs);
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
  for (Group& group : groups_) {
    group.window[window] = {};
    group.flows[window] = {};
  }
  active_flows_[window] = {};
  scale_[window] = {};
  blocks_[window] = 0;
}

}  // namespace cairn::relays
