// SPDX-License-Identifier: BSD-3-Clause
#include "detector/relays/published_sums.h"

#include <algorithm>

#include "detector/relays/chance.h"

namespace cairn::relays {
namespace {

int32_t SignOf(std::span<const uint64_t> signs, size_t k) {
  return (signs[k / 64] >> (k % 64) & 1U) != 0 ? 1 : -1;
}

}  // namespace

PublishedSums::PublishedSums(const Options& options)
    : slot_ns_(options.slot.ToNanoseconds()),
      terms_(options.terms),
      in_(options.sums),
      out_(options.sums),
      own_products_(options.sums),
      sums_(options.sums),
      decided_(options.sums) {}

std::optional<PublishedDecision> PublishedSums::Add(const FlowActivity& activity, bool incoming,
                                                    std::span<const uint64_t> signs_in,
                                                    std::span<const uint64_t> signs_out) {
  const auto number = [&](PacketTime time) { return time.ToNanoseconds() / slot_ns_; };
  const int64_t slot = number(activity.time);
  if (activity.previous.IsSet() && number(activity.previous) == slot) return std::nullopt;
  std::optional<PublishedDecision> decision;
  if (slot != slot_) decision = EndSlot();
  slot_ = slot;
  std::vector<int32_t>& sums = incoming ? in_ : out_;
  const std::span<const uint64_t> signs = incoming ? signs_in : signs_out;
  for (size_t k = 0; k < sums.size(); ++k) sums[k] += SignOf(signs, k);
  ++(incoming ? incoming_ : outgoing_);
  if (activity.other_previous.IsSet() && number(activity.other_previous) == slot) {
    for (size_t k = 0; k < sums.size(); ++k) {
      own_products_[k] += SignOf(signs_in, k) * SignOf(signs_out, k);
    }
    ++own_;
  }
  return decision;
}

std::optional<PublishedDecision> PublishedSums::EndSlot() {
  double squares = 0;
  for (size_t k = 0; k < sums_.size(); ++k) {
    sums_[k] += int64_t{in_[k]} * out_[k] - own_products_[k];
    squares += static_cast<double>(sums_[k]) * static_cast<double>(sums_[k]);
  }
  collected_ += incoming_ * outgoing_ - own_;
  std::fill(in_.begin(), in_.end(), 0);
  std::fill(out_.begin(), out_.end(), 0);
  std::fill(own_products_.begin(), own_products_.end(), 0);
  incoming_ = 0;
  outgoing_ = 0;
  own_ = 0;
  if (collected_ < terms_) return std::nullopt;
  PublishedDecision decision;
  const auto count = static_cast<double>(sums_.size());
  decision.psi = squares / count / static_cast<double>(collected_);
  decision.nats = ChiSquareTailNats(count, decision.psi);
  std::copy(sums_.begin(), sums_.end(), decided_.begin());
  std::fill(sums_.begin(), sums_.end(), 0);
  collected_ = 0;
  return decision;
}

}  // namespace cairn::relays
