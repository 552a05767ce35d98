// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_SEGMENT_H_
#define CAIRN_CAPTURE_SEGMENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/address.h"
#include "base/tcp_flags.h"
#include "base/time.h"
#include "base/tunnel.h"

namespace cairn {

// Whether a segment's checksum is right.  Known only where the whole segment was captured and is
// short.
enum class Checksum : uint8_t { kUnknown, kGood, kBad };

// What only session records need of a packet; read when capture::Options asks for it.
struct SegmentDetails {
  enum Known : uint8_t { kVlan = 1, kTimestamps = 2, kWindow = 4, kFingerprint = 8 };

  uint32_t timestamp = 0;       // TCP's timestamp option (RFC 7323)
  uint32_t timestamp_echo = 0;  // the other side's that it answers
  int32_t fingerprint = 0;      // of the payload (capture/fingerprint.h)
  uint16_t window = 0;          // as in the header, not scaled
  uint16_t vlan = 0;            // the outermost tag's number
  Tunnel tunnel = Tunnel::kNone;
  uint8_t known = 0;  // Known bits of the fields that hold something

  bool Knows(Known field) const { return (known & field) != 0; }
  bool operator==(const SegmentDetails&) const = default;
};

// One TCP segment's header as seen on the wire: all that the detector ever learns of a packet.  It
// has no room for payload; of that only whether the checksum fits it is known.
struct Segment {
  PacketTime time;
  IpAddress src;
  IpAddress dst;
  uint32_t seq = 0;
  uint32_t ack = 0;
  // From the IP length, not from what was captured; offloaded super-segments may exceed any MTU.
  uint32_t payload_bytes = 0;
  uint16_t src_port = 0;
  uint16_t dst_port = 0;
  uint8_t flags = 0;
  uint8_t hop_limit = 0;  // of the innermost IP header; 0: not known
  Checksum checksum = Checksum::kUnknown;
  SegmentDetails details;

  bool Has(TcpFlag flag) const { return (flags & flag) != 0; }
  bool operator==(const Segment&) const = default;
};
static_assert(sizeof(Segment) <= 80);

// A run of segments in capture order, handed from a source to the detector.  Reused: no allocation
// per packet.
class SegmentBatch {
 public:
  static constexpr size_t kCapacity = 256;

  bool full() const { return size_ == kCapacity; }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  void Clear() { size_ = 0; }
  // Requires: !full().  The returned segment's former contents are unspecified.
  Segment& Append() { return segments_[size_++]; }
  // Takes back the last Append().
  void DropLast() { --size_; }
  std::span<const Segment> segments() const { return {segments_.data(), size_}; }
  const Segment& operator[](size_t i) const { return segments_[i]; }
  Segment& operator[](size_t i) { return segments_[i]; }

 private:
  std::array<Segment, kCapacity> segments_;
  size_t size_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_CAPTURE_SEGMENT_H_
