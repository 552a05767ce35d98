// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_CHECKSUM_H_
#define CAIRN_CAPTURE_CHECKSUM_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/address.h"
#include "capture/segment.h"

namespace cairn::capture {

// Longer segments are not summed up, because that would take longer than all else: keystrokes, most
// of their answers, acknowledgements and everything that opens or closes a connection are shorter.
inline constexpr size_t kLongestChecked = 576;

// Is TCP's checksum right (RFC 9293, section 3.1)?  `captured`: from the TCP header on;
// `segment_bytes`: header and payload, as the IP header says.  kUnknown where not all of the
// segment was captured, or it is longer than kLongestChecked.  A wrong one proves nothing by
// itself: a card that fills checksums in leaves them wrong in what its own host captures.  Cost:
// some 4 ns.
inline Checksum CheckTcp(std::span<const uint8_t> captured, size_t segment_bytes,
                         const IpAddress& src, const IpAddress& dst) {
  if (segment_bytes > kLongestChecked || captured.size() < segment_bytes) return Checksum::kUnknown;
  // One's complement sums do not care for the order of bytes within a word, nor for the width of
  // words (RFC 1071, section 2), so the host's own 64-bit words do, and 0xffff is its own mirror.
  uint64_t sum = 0;
  const auto add = [&sum](uint64_t word) {
    sum += word;
    sum += sum < word ? 1 : 0;  // the carry comes in at the other end
  };
  const uint8_t* at = captured.data();
  size_t left = segment_bytes;
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    add(word);
  }
  if (left >= 4) {  // as in nearly all headers
    uint32_t word = 0;
    std::memcpy(&word, at, 4);
    add(word);
    left -= 4;
    at += 4;
  }
  if (left > 0) {
    uint32_t word = 0;
    std::memcpy(&word, at, left);
    add(word);
  }
  // What follows are numbers, not bytes of the packet.
  const auto add_number = [&add](uint64_t number) {
    add(std::endian::native == std::endian::little ? __builtin_bswap64(number) : number);
  };
  constexpr uint64_t kTcp = 6;
  add_number(kTcp + segment_bytes);
  for (const IpAddress* ip : {&src, &dst}) {
    add_number(ip->IsV4() ? ip->low() & 0xffffffff : ip->low());
    if (!ip->IsV4()) add_number(ip->high());
  }
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  uint64_t sum16 = (sum & 0xffff) + (sum >> 16);
  sum16 = (sum16 & 0xffff) + (sum16 >> 16);
  return sum16 == 0xffff ? Checksum::kGood : Checksum::kBad;
}

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_CHECKSUM_H_
