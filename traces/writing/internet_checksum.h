// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_WRITING_INTERNET_CHECKSUM_H_
#define CAIRN_TRACES_WRITING_INTERNET_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace cairn::traces {

// The sum of 16-bit words in network order of RFC 1071, not folded; an odd byte counts as the high
// half of a word.  Sums of pieces may be added when all pieces but the last are even.  Requires: at
// most 128 KiB in all.
constexpr uint32_t SumWords(std::span<const uint8_t> bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2)
    sum += static_cast<uint32_t>(bytes[i]) << 8 | bytes[i + 1];
  if (bytes.size() % 2 != 0) sum += static_cast<uint32_t>(bytes.back()) << 8;
  return sum;
}

// What stands in a header whose words have this sum.
constexpr uint16_t ChecksumOf(uint32_t sum) {
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<uint16_t>(~sum);
}

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_WRITING_INTERNET_CHECKSUM_H_
