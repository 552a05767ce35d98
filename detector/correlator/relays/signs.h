// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_SIGNS_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_SIGNS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/address.h"

// The pseudo-random signs by which a host's flows are told apart in sums over all of them (Coskun &
// Memon 2007, section 2).  The same in every run of the program.
namespace cairn::relays {

// Sums are kept in groups of so many, each a vector for the machine.
inline constexpr size_t kLanes = 16;

// 64 signs of `id`, the `word`-th of as many as are asked for.  Words of one or of different ids
// are independent for all that the sums can tell (splitmix64).  O(1).
constexpr uint64_t SignWord(uint64_t id, uint32_t word) {
  uint64_t x = (id + 1) * 0x9e3779b97f4a7c15ULL + word * 0xd1342543de82ef95ULL;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

// A number for a host, as an id of SignWord().
constexpr uint64_t HostNumber(const IpAddress& ip) {
  return SignWord(ip.high(), 1) ^ SignWord(ip.low(), 2);
}

// The 16 bits of `word` for lanes `part` * 16 and on.  Requires: part < 4.
constexpr uint32_t LaneBits(uint64_t word, size_t part) {
  return static_cast<uint32_t>(word >> (kLanes * part)) & 0xffffU;
}

namespace internal {

template <int16_t kSet, int16_t kClear>
constexpr std::array<std::array<int16_t, 8>, 256> SpreadBytes() {
  std::array<std::array<int16_t, 8>, 256> table{};
  for (size_t byte = 0; byte < table.size(); ++byte) {
    for (size_t bit = 0; bit < 8; ++bit) table[byte][bit] = (byte >> bit & 1U) != 0 ? kSet : kClear;
  }
  return table;
}

inline constexpr auto kSigns = SpreadBytes<1, -1>();
inline constexpr auto kMasks = SpreadBytes<-1, 0>();

}  // namespace internal

using Lanes16 = std::array<int16_t, kLanes>;

// Adds to each lane the sign that its bit stands for: 1 or -1.
inline void AddSigns(uint32_t bits, Lanes16& sums) {
  const auto& low = internal::kSigns[bits & 0xffU];
  const auto& high = internal::kSigns[bits >> 8U];
  for (size_t i = 0; i < 8; ++i) sums[i] = static_cast<int16_t>(sums[i] + low[i]);
  for (size_t i = 0; i < 8; ++i) sums[8 + i] = static_cast<int16_t>(sums[8 + i] + high[i]);
}

// Likewise, in the lanes of which `mask` has the bit.
inline void AddMaskedSigns(uint32_t bits, uint32_t mask, Lanes16& sums) {
  for (size_t half = 0; half < 2; ++half) {
    const auto& sign = internal::kSigns[bits >> (8U * half) & 0xffU];
    const auto& keep = internal::kMasks[mask >> (8U * half) & 0xffU];
    for (size_t i = 0; i < 8; ++i) {
      int16_t& sum = sums[8 * half + i];
      sum = static_cast<int16_t>(sum + (sign[i] & keep[i]));
    }
  }
}

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_SIGNS_H_
