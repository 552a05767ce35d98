// SPDX-License-Identifier: BSD-3-Clause
#include "traces/chance/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace cairn::traces {
namespace {

uint64_t SplitMix64(uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

RandomStream::RandomStream(uint64_t seed, uint64_t stream) : state_{} {
  uint64_t mix = seed;
  mix = SplitMix64(mix) ^ stream;
  for (uint64_t& word : state_) word = SplitMix64(mix);
}

uint64_t RandomStream::Next() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint32_t RandomStream::Below(uint32_t bound) {
  return static_cast<uint32_t>((Next() >> 32) * bound >> 32);
}

double RandomStream::Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

double RandomStream::Exponential(double mean) { return -mean * std::log(1.0 - Unit()); }

double RandomStream::LogNormal(double median, double sigma) {
  // Box and Muller's transform; its second value is not kept, so that a stream has no hidden state.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Unit()));
  const double normal = radius * std::cos(2.0 * std::numbers::pi * Unit());
  return median * std::exp(sigma * normal);
}

double RandomStream::Pareto(double low, double shape, double cap) {
  return std::min(cap, low * std::pow(1.0 - Unit(), -1.0 / shape));
}

PacketDelta Seconds(double seconds) {
  return PacketDelta::FromNanoseconds(std::llround(seconds * 1e9));
}

}  // namespace cairn::traces
