// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_HASH_MIX_H_
#define CAIRN_BASE_HASH_MIX_H_

#include <array>
#include <cstdint>

namespace cairn {

// Folds a 64x64-bit product: every input bit reaches every output bit (the mixing step of wyhash).
inline uint64_t HashMix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Odd constants of wyhash, to be mixed with what is hashed.
inline constexpr std::array<uint64_t, 3> kHashOdd = {0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL,
                                                     0x8ebc6af09c88c6e3ULL};

}  // namespace cairn

#endif  // CAIRN_BASE_HASH_MIX_H_
