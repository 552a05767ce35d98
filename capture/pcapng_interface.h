// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_PCAPNG_INTERFACE_H_
#define CAIRN_CAPTURE_PCAPNG_INTERFACE_H_

#include <cstdint>
#include <optional>
#include <span>

#include "base/time.h"
#include "capture/file_byte_order.h"
#include "capture/link_layers.h"

namespace cairn::capture {

// How one interface of a pcapng section counts time: ticks of a power of ten or two, from an offset
// (draft-ietf-opsawg-pcapng, if_tsresol and if_tsoffset).
class TickClock {
 public:
  // Microseconds since the epoch, the default.
  TickClock() { SetDecimal(6); }

  // An if_tsresol value: 10^-n, or with the top bit 2^-n.  False: finer than 64 bits can count.
  bool SetResolution(uint8_t value);
  void SetOffset(int64_t seconds) { offset_seconds_ = seconds; }

  PacketTime TimeOf(uint64_t ticks) const {
    // Nearly all files count micro- or nanoseconds without an offset: no division.
    if (ticks <= simple_limit_ && offset_seconds_ == 0) {
      return PacketTime::FromNanoseconds(static_cast<int64_t>(ticks * nanoseconds_per_tick_));
    }
    return TimeByDivision(ticks);
  }

 private:
  void SetDecimal(int digits);
  PacketTime TimeByDivision(uint64_t ticks) const;

  uint64_t ticks_per_second_ = 0;
  unsigned binary_digits_ = 0;         // of a power of two; otherwise 0
  uint64_t nanoseconds_per_tick_ = 0;  // where that is a whole number
  uint64_t simple_limit_ = 0;  // up to here ticks * nanoseconds_per_tick_ is a plausible time
  int64_t offset_seconds_ = 0;
};

// One Interface Description Block.
struct PcapngInterface {
  uint32_t link_number = 0;
  LinkType link = LinkType::kUnsupported;
  uint32_t snapshot_length = 0;
  TickClock clock;

  // `body` is the block without its header and trailer.  On failure `reason` says what is wrong.
  static std::optional<PcapngInterface> Parse(std::span<const uint8_t> body, FileByteOrder order,
                                              const char*& reason);
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_PCAPNG_INTERFACE_H_
