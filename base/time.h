// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_TIME_H_
#define CAIRN_BASE_TIME_H_

#include <compare>
#include <cstdint>
#include <limits>

namespace cairn {

// A stretch of packet time.  An int64_t of nanoseconds in a named type: half the size of
// absl::Duration, exact, and it wraps after 292 years.  Arithmetic is not saturating; overflow
// needs stretches of centuries.
class PacketDelta {
 public:
  constexpr PacketDelta() = default;
  static constexpr PacketDelta FromNanoseconds(int64_t ns) { return PacketDelta(ns); }
  static constexpr PacketDelta FromMicroseconds(int64_t us) { return PacketDelta(us * 1000); }
  static constexpr PacketDelta FromMilliseconds(int64_t ms) { return PacketDelta(ms * 1000000); }
  static constexpr PacketDelta FromSeconds(int64_t s) { return PacketDelta(s * 1000000000); }
  static constexpr PacketDelta Zero() { return PacketDelta(0); }
  static constexpr PacketDelta Infinite() {
    return PacketDelta(std::numeric_limits<int64_t>::max());
  }

  constexpr int64_t ToNanoseconds() const { return ns_; }
  constexpr int64_t ToMilliseconds() const { return ns_ / 1000000; }
  constexpr int64_t ToSeconds() const { return ns_ / 1000000000; }

  constexpr auto operator<=>(const PacketDelta&) const = default;
  constexpr PacketDelta operator+(PacketDelta other) const { return PacketDelta(ns_ + other.ns_); }
  constexpr PacketDelta operator-(PacketDelta other) const { return PacketDelta(ns_ - other.ns_); }
  constexpr PacketDelta operator-() const { return PacketDelta(-ns_); }
  constexpr PacketDelta operator*(int64_t factor) const { return PacketDelta(ns_ * factor); }

 private:
  constexpr explicit PacketDelta(int64_t ns) : ns_(ns) {}
  int64_t ns_ = 0;
};

// The moment a packet was captured: nanoseconds since the Unix epoch, as the capture says.  It
// drives every decision; no module below commands/ reads a clock.  Range: years 1678 to 2262.
class PacketTime {
 public:
  constexpr PacketTime() = default;
  static constexpr PacketTime FromNanoseconds(int64_t ns) { return PacketTime(ns); }
  // Before every packet: the value of a time that has not been seen yet.
  static constexpr PacketTime InfinitePast() {
    return PacketTime(std::numeric_limits<int64_t>::min() / 2);
  }
  static constexpr PacketTime InfiniteFuture() {
    return PacketTime(std::numeric_limits<int64_t>::max() / 2);
  }

  constexpr int64_t ToNanoseconds() const { return ns_; }
  constexpr bool IsSet() const { return *this != InfinitePast(); }

  constexpr auto operator<=>(const PacketTime&) const = default;
  constexpr PacketTime operator+(PacketDelta delta) const {
    return PacketTime(ns_ + delta.ToNanoseconds());
  }
  constexpr PacketTime operator-(PacketDelta delta) const {
    return PacketTime(ns_ - delta.ToNanoseconds());
  }
  constexpr PacketDelta operator-(PacketTime other) const {
    return PacketDelta::FromNanoseconds(ns_ - other.ns_);
  }

 private:
  constexpr explicit PacketTime(int64_t ns) : ns_(ns) {}
  int64_t ns_ = 0;
};

// Packet time in stretches of one length, numbered from the Unix epoch: the number of the one that
// `time` lies in, also before the epoch.  Requires: length > 0.
constexpr int64_t StretchNumber(PacketTime time, PacketDelta length) {
  const int64_t ns = time.ToNanoseconds();
  const int64_t number = ns / length.ToNanoseconds();
  return ns % length.ToNanoseconds() < 0 ? number - 1 : number;
}

// When stretch `number` begins.
constexpr PacketTime StretchBegin(int64_t number, PacketDelta length) {
  return PacketTime::FromNanoseconds(number * length.ToNanoseconds());
}

}  // namespace cairn

#endif  // CAIRN_BASE_TIME_H_
