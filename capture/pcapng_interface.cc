// SPDX-License-Identifier: BSD-3-Clause
#include "capture/pcapng_interface.h"

#include "capture/packet_time.h"

namespace cairn::capture {
namespace {

constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr uint64_t kFarthestSecond = 0xffffffff;  // as in TimeFromParts()

enum OptionCode : uint16_t { kEndOfOptions = 0, kTimeResolution = 9, kTimeOffset = 14 };

// Reads the options that concern time.  Null, or what is wrong.
const char* ReadOptions(std::span<const uint8_t> options, FileByteOrder order, TickClock& clock) {
  bool resolution_seen = false;
  bool offset_seen = false;
  while (!options.empty()) {
    if (options.size() < 4) return "an interface option is cut short";
    const uint16_t code = order.Load16(options.data());
    const size_t length = order.Load16(options.data() + 2);
    const size_t padded_length = (length + 3) / 4 * 4;
    options = options.subspan(4);
    if (options.size() < padded_length) return "an interface option is cut short";
    const uint8_t* value = options.data();
    options = options.subspan(padded_length);
    switch (code) {
      case kEndOfOptions:
        return length == 0 ? nullptr : "the end of an interface's options has a length";
      case kTimeResolution:
        if (length != 1 || resolution_seen) return "an interface's time resolution is malformed";
        if (!clock.SetResolution(*value)) return "an interface's time resolution is too fine";
        resolution_seen = true;
        break;
      case kTimeOffset:
        if (length != 8 || offset_seen) return "an interface's time offset is malformed";
        clock.SetOffset(static_cast<int64_t>(order.Load64(value)));
        offset_seen = true;
        break;
      default:
        break;
    }
  }
  return nullptr;
}

}  // namespace

bool TickClock::SetResolution(uint8_t value) {
  const int digits = value & 0x7f;
  if (value == 0x80) {  // 2^0: whole seconds, as 10^0
    SetDecimal(0);
    return true;
  }
  if ((value & 0x80) != 0) {
    if (digits > 63) return false;
    ticks_per_second_ = uint64_t{1} << digits;
    binary_digits_ = static_cast<unsigned>(digits);
    simple_limit_ = 0;
    nanoseconds_per_tick_ = 0;
    return true;
  }
  if (digits > 19) return false;
  SetDecimal(digits);
  return true;
}

void TickClock::SetDecimal(int digits) {
  binary_digits_ = 0;
  ticks_per_second_ = 1;
  for (int i = 0; i < digits; ++i) ticks_per_second_ *= 10;
  const bool whole = ticks_per_second_ <= kNanosecondsPerSecond;
  nanoseconds_per_tick_ = whole ? kNanosecondsPerSecond / ticks_per_second_ : 0;
  simple_limit_ = whole ? kFarthestSecond * ticks_per_second_ : 0;
}

PacketTime TickClock::TimeByDivision(uint64_t ticks) const {
  uint64_t fraction = ticks % ticks_per_second_;
  if (binary_digits_ != 0) {
    // Scaled without leaving 64 bits; 2^-34 s is far below a nanosecond.
    constexpr unsigned kKeptDigits = 34;
    const unsigned cut = binary_digits_ > kKeptDigits ? binary_digits_ - kKeptDigits : 0;
    fraction = ((fraction >> cut) * kNanosecondsPerSecond) >> (binary_digits_ - cut);
  } else if (nanoseconds_per_tick_ != 0) {
    fraction *= nanoseconds_per_tick_;
  } else {
    fraction /= ticks_per_second_ / kNanosecondsPerSecond;
  }
  // Unsigned, since a damaged file's offset may wrap around.
  const uint64_t seconds = ticks / ticks_per_second_ + static_cast<uint64_t>(offset_seconds_);
  return TimeFromParts(static_cast<int64_t>(seconds), static_cast<int64_t>(fraction));
}

std::optional<PcapngInterface> PcapngInterface::Parse(std::span<const uint8_t> body,
                                                      FileByteOrder order, const char*& reason) {
  constexpr size_t kFixedBytes = 8;
  if (body.size() < kFixedBytes) {
    reason = "an interface description is too short";
    return std::nullopt;
  }
  PcapngInterface interface;
  interface.link_number = order.Load16(body.data());
  interface.link = LinkTypeFromNumber(interface.link_number);
  interface.snapshot_length = PlausibleSnapshotLength(order.Load32(body.data() + 4));
  reason = ReadOptions(body.subspan(kFixedBytes), order, interface.clock);
  if (reason != nullptr) return std::nullopt;
  return interface;
}

}  // namespace cairn::capture
