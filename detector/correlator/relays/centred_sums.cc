// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/centred_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "detector/correlator/relays/chance.h"

namespace cairn::relays {
namespace {

constexpr size_t kIn = 1;
constexpr size_t kOut = 0;

float Total(const std::array<float, kLanes>& lanes) {
  float total = 0;
  for (const float lane : lanes) total += lane;
  return total;
}

}  // namespace

CentredSums::CentredSums(const Options& options, const Decay& decay)
    : numbers_(options.slot),
      block_quarters_(std::max<int64_t>(
          kBlock.ToNanoseconds() / ActivityClock::QuarterOf(options.slot).ToNanoseconds(), 1)),
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
    const size_t side = signs_.side()[0] & 1U;
    ++alignment.active[side];
    if (pairing_ == Pairing::kAny) {
      alignment.touched = {true, true};
    } else {
      alignment.touched[entry.incoming ? side : 1 - side] = true;
    }
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
    alignments_[a] = Alignment();
    alignments_[a].slot = slot;
    alignments_[a].done = {slot, slot};
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
    for (size_t side = 0; side < kSides; ++side) Fade(alignment, a, side, end);
  }
  MeasureBlock();
  block_end_ += block_quarters_;
  idle_blocks_ = active_ ? 0 : idle_blocks_ + 1;
  active_ = false;
}

// A side into which nothing came in this slot, and from whose other nothing went out, is left as it
// is: the slot will be one of its empty ones.
void CentredSums::EndSlot(Alignment& alignment, uint32_t number) {
  for (size_t side = 0; side < kSides; ++side) {
    if (!alignment.touched[side]) continue;
    Fade(alignment, number, side, alignment.slot);
    Squares squares;
    for (size_t g = number; g < groups_.size(); g += kAlignments) {
      Multiply(groups_[g], side, squares);
    }
    Expect(alignment, side, squares);
    ++alignment.done[side];
    alignment.touched[side] = false;
  }
  alignment.filled = false;
}

void CentredSums::Fade(Alignment& alignment, uint32_t number, size_t side, int64_t until) {
  if (alignment.done[side] >= until) return;
  const auto slots = static_cast<uint64_t>(until - alignment.done[side]);
  for (size_t g = number; g < groups_.size(); g += kAlignments) Fade(groups_[g], side, slots);
  alignment.variance[side] *= decay_.Mean(slots);
  alignment.done[side] = until;
}

// So many empty slots at once.  In each nothing less its mean is multiplied with what is left of
// the window less its mean.
void CentredSums::Fade(Group& group, size_t side, uint64_t slots) {
  const float faded = decay_.Mean(slots);
  const float both = decay_.MeanTimesMean(slots);
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

void CentredSums::Multiply(Group& group, size_t side, Squares& squares) const {
  const float weight = decay_.weight();
  Lanes16& in = group.now[kIn][side];
  Lanes16& out = group.now[kOut][1 - side];
  Sums& mean_in = group.mean[kIn][side];
  Sums& mean_out = group.mean[kOut][1 - side];
  // Copies, which the compiler knows to lie apart from all else.
  Sums in_now;
  Sums in_mean;
  Sums in_centred;
  Sums out_centred;
  for (size_t i = 0; i < kLanes; ++i) {
    in_now[i] = in[i];
    in_mean[i] = mean_in[i];
    in_centred[i] = in_now[i] - in_mean[i];
    out_centred[i] = static_cast<float>(out[i]) - mean_out[i];
  }
  for (size_t i = 0; i < kLanes; ++i) group.block[0][i] += in_centred[i] * out_centred[i];
  for (size_t r = 1; r < kReaches.size(); ++r) {
    Sums& sum = group.reaching[r - 1][side];
    const float left = decay_.Window(r, 1);
    const auto length = static_cast<float>(kReaches[r]);
    Sums centred;
    for (size_t i = 0; i < kLanes; ++i) {
      sum[i] = sum[i] * left + in_now[i];
      centred[i] = sum[i] - length * in_mean[i];
    }
    for (size_t i = 0; i < kLanes; ++i) group.block[r][i] += centred[i] * out_centred[i];
  }
  for (size_t i = 0; i < kLanes; ++i) squares.in[i] += in_centred[i] * in_centred[i];
  for (size_t i = 0; i < kLanes; ++i) squares.out[i] += out_centred[i] * out_centred[i];
  for (size_t i = 0; i < kLanes; ++i) mean_in[i] += weight * in_centred[i];
  for (size_t i = 0; i < kLanes; ++i) mean_out[i] += weight * out_centred[i];
  for (size_t i = 0; i < kLanes; ++i) group.total[side][i] += in_now[i];
  for (size_t i = 0; i < kLanes; ++i) group.total[1 - side][i] += static_cast<float>(out[i]);
  in = {};
  out = {};
}

// What the products' squares would be if all flows went their own ways: the variance of what comes
// in times the square of what goes out.
void CentredSums::Expect(Alignment& alignment, size_t side, const Squares& squares) {
  const auto lanes = static_cast<float>(groups_.size() * kLanes) / kAlignments;
  float& variance = alignment.variance[side];
  variance += decay_.weight() * (Total(squares.in) / lanes - variance);
  const double product = static_cast<double>(Total(squares.out) / lanes) * variance / kAlignments;
  for (size_t r = 0; r < kReaches.size(); ++r) {
    // The sum of squares of an exponential window's weights.
    const double n = kReaches[r];
    expected_[r] += product * n * n / (2 * n - 1);
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
  bool any = false;
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
    if (any && nats <= best.nats) continue;
    any = true;
    best.nats = nats;
    best.ratio = ratio;
    best.freedom = freedom;
    best.reach = r;
  }
  best.nats = std::max(0.0, best.nats);
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
