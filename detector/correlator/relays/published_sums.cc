// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/published_sums.h"

#include <algorithm>

#include "detector/correlator/relays/chance.h"

namespace cairn::relays {
namespace {

constexpr size_t kParts = 64 / kLanes;  // of a word
// Flows of a connection that count in the slot.
constexpr uint8_t kIncoming = 1;
constexpr uint8_t kOutgoing = 2;

}  // namespace

PublishedSums::PublishedSums(const Options& options)
    : slot_length_(options.slot),
      terms_(options.terms),
      in_(options.sums / kLanes),
      out_(options.sums / kLanes),
      own_products_(options.sums / kLanes),
      sums_(options.sums),
      decided_(options.sums) {}

std::optional<PublishedDecision> PublishedSums::Add(const FlowActivity& activity, bool incoming,
                                                    std::span<const uint64_t> signs_in,
                                                    std::span<const uint64_t> signs_out) {
  const int64_t slot = StretchNumber(activity.time, slot_length_);
  std::optional<PublishedDecision> decision;
  if (slot != slot_) decision = EndSlot();
  slot_ = slot;
  // By what has been summed, not by when the flows sent last: not all of that is told.
  uint8_t& counted = counted_[activity.uid];
  const uint8_t flow = incoming ? kIncoming : kOutgoing;
  if ((counted & flow) != 0) return decision;
  counted = static_cast<uint8_t>(counted | flow);
  std::vector<Lanes16>& sums = incoming ? in_ : out_;
  const std::span<const uint64_t> signs = incoming ? signs_in : signs_out;
  for (size_t g = 0; g < sums.size(); ++g) {
    AddSigns(LaneBits(signs[g / kParts], g % kParts), sums[g]);
  }
  ++(incoming ? incoming_ : outgoing_);
  if (counted == (kIncoming | kOutgoing)) {
    for (size_t g = 0; g < own_products_.size(); ++g) {
      const uint64_t product = ~(signs_in[g / kParts] ^ signs_out[g / kParts]);
      AddSigns(LaneBits(product, g % kParts), own_products_[g]);
    }
    ++own_;
  }
  return decision;
}

std::optional<PublishedDecision> PublishedSums::EndSlot() {
  double squares = 0;
  for (size_t k = 0; k < sums_.size(); ++k) {
    const size_t g = k / kLanes;
    const size_t i = k % kLanes;
    sums_[k] += int64_t{in_[g][i]} * out_[g][i] - own_products_[g][i];
    squares += static_cast<double>(sums_[k]) * static_cast<double>(sums_[k]);
  }
  collected_ += incoming_ * outgoing_ - own_;
  std::fill(in_.begin(), in_.end(), Lanes16());
  std::fill(out_.begin(), out_.end(), Lanes16());
  std::fill(own_products_.begin(), own_products_.end(), Lanes16());
  incoming_ = 0;
  outgoing_ = 0;
  own_ = 0;
  counted_.clear();
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
