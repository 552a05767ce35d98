// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_BYTE_ORDER_H_
#define CAIRN_CAPTURE_BYTE_ORDER_H_

#include <cstdint>
#include <cstring>

namespace cairn::capture {

// Loads from unaligned bytes.  Requires: as many readable bytes as the result has.  "Big" is
// network byte order.
inline uint16_t LoadBig16(const uint8_t* bytes) {
  uint16_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return __builtin_bswap16(value);
}

inline uint32_t LoadBig32(const uint8_t* bytes) {
  uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return __builtin_bswap32(value);
}

inline uint64_t LoadBig64(const uint8_t* bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return __builtin_bswap64(value);
}

inline uint16_t LoadLittle16(const uint8_t* bytes) { return __builtin_bswap16(LoadBig16(bytes)); }
inline uint32_t LoadLittle32(const uint8_t* bytes) { return __builtin_bswap32(LoadBig32(bytes)); }
inline uint64_t LoadLittle64(const uint8_t* bytes) { return __builtin_bswap64(LoadBig64(bytes)); }

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the loads above assume a little-endian machine");

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_BYTE_ORDER_H_
