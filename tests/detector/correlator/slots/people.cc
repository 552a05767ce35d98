// SPDX-License-Identifier: BSD-3-Clause
#include "tests/detector/correlator/slots/people.h"

#include <algorithm>
#include <cmath>

namespace cairn::testing {
namespace {

// SplitMix64; standard distributions differ between libraries.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  double Unit() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return static_cast<double>((z ^ z >> 31) >> 11) / 9007199254740992.0;
  }

 private:
  uint64_t state_;
};

PacketDelta Seconds(double seconds) {
  return PacketDelta::FromNanoseconds(static_cast<int64_t>(seconds * 1e9));
}

}  // namespace

std::vector<PacketTime> AtWork(uint64_t seed, PacketTime start, PacketDelta length) {
  Dice dice(seed);
  std::vector<PacketTime> keys;
  PacketTime now = start + Seconds(5 * dice.Unit());
  while (now < start + length) {
    const auto line = 3 + static_cast<int>(12 * dice.Unit());
    for (int key = 0; key < line && now < start + length; ++key) {
      keys.push_back(now);
      now = now + Seconds(0.08 + 0.25 * dice.Unit());
    }
    now = now + Seconds(std::min(30.0, 0.8 / (1.001 - dice.Unit())));
  }
  return keys;
}

std::vector<PacketTime> HeldBack(uint64_t seed, std::vector<PacketTime> moments, PacketDelta most) {
  Dice dice(seed);
  PacketTime latest = PacketTime::InfinitePast();
  for (PacketTime& moment : moments) {
    moment = latest = std::max(
        latest, moment + Seconds(static_cast<double>(most.ToNanoseconds()) / 1e9 * dice.Unit()));
  }
  return moments;
}

std::vector<PacketTime> WithChaff(uint64_t seed, std::vector<PacketTime> moments, double share) {
  Dice dice(seed);
  if (moments.empty()) return moments;
  const PacketTime first = moments.front();
  const auto span = static_cast<double>((moments.back() - first).ToNanoseconds()) / 1e9;
  const auto more = static_cast<size_t>(share * static_cast<double>(moments.size()));
  for (size_t i = 0; i < more; ++i) moments.push_back(first + Seconds(span * dice.Unit()));
  std::sort(moments.begin(), moments.end());
  return moments;
}

}  // namespace cairn::testing
