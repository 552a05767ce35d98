// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_FILE_BYTE_ORDER_H_
#define CAIRN_CAPTURE_FILE_BYTE_ORDER_H_

#include <cstdint>

#include "capture/byte_order.h"

namespace cairn::capture {

// The byte order of a capture file's own fields: that of the machine which wrote it.
class FileByteOrder {
 public:
  static constexpr FileByteOrder Little() { return FileByteOrder(false); }
  static constexpr FileByteOrder Big() { return FileByteOrder(true); }

  uint16_t Load16(const uint8_t* bytes) const {
    return big_ ? LoadBig16(bytes) : LoadLittle16(bytes);
  }
  uint32_t Load32(const uint8_t* bytes) const {
    return big_ ? LoadBig32(bytes) : LoadLittle32(bytes);
  }
  uint64_t Load64(const uint8_t* bytes) const {
    return big_ ? LoadBig64(bytes) : LoadLittle64(bytes);
  }

 private:
  constexpr explicit FileByteOrder(bool big) : big_(big) {}
  bool big_;
};

// The longest packet that a capture can hold (libpcap's MAXIMUM_SNAPLEN); a longer one is damage.
inline constexpr uint32_t kLongestPacket = 262144;

// A file's snapshot length; absurd values mean "no limit", as in libpcap.
constexpr uint32_t PlausibleSnapshotLength(uint32_t bytes) {
  return bytes == 0 || bytes > 0x7fffffff ? kLongestPacket : bytes;
}

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_FILE_BYTE_ORDER_H_
