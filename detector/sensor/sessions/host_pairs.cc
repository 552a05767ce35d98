// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/host_pairs.h"

#include <algorithm>

#include "base/hash_mix.h"

namespace cairn::sessions {
uint64_t HostPairs::Hash(const IpAddress& a, const IpAddress& b) {
  const auto& [first, second] = std::minmax(a, b);
  return HashMix(HashMix(first.high() ^ kHashOdd[0], first.low() ^ kHashOdd[1]) ^ kHashOdd[2],
                 HashMix(second.high() ^ kHashOdd[1], second.low() ^ kHashOdd[2]) ^ kHashOdd[0]);
}

}  // namespace cairn::sessions
