// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_FRAME_DECODER_H_
#define CAIRN_CAPTURE_FRAME_DECODER_H_

#include <cstdint>
#include <span>

#include "capture/counters.h"
#include "capture/link_layers.h"
#include "capture/options.h"
#include "capture/segment.h"

namespace cairn::capture {

// A packet as a file or a link gave it.  A view: valid until its source reads on.
struct Packet {
  PacketTime time;
  LinkType link = LinkType::kUnsupported;
  uint32_t wire_bytes = 0;
  std::span<const uint8_t> bytes;  // what was captured of it
};

// From a packet's bytes to its TCP header: link layer, shims, tunnels, IP, TCP.  Where tunnels
// nest, the innermost IP header gives the addresses.  Reads headers only (unless fingerprints are
// asked for), and sums up short segments for their checksum; every access is checked against what
// was captured; allocates nothing; no packet is dropped for a wrong checksum, because offloading
// leaves them unset.
//
// Thread-compatible, and const: one decoder may serve several threads.  Cost: about 10 ns for TCP
// in IPv4 in Ethernet.
class FrameDecoder {
 public:
  explicit FrameDecoder(const TunnelOptions& tunnels, const DetailOptions& details = {})
      : tunnels_(tunnels), details_(details) {}

  // kNone: `segment` is the packet's TCP header.  Otherwise: why there is none, and `segment` is
  // unspecified.
  DropReason Decode(const Packet& packet, Segment& segment) const;
  // The same without the short cut for the plainest frames: what that one is tested against.
  DropReason DecodeByLayers(const Packet& packet, Segment& segment) const;

  // Decodes, appends a segment if there is one, counts the packet either way.  Requires:
  // !batch.full().
  void DecodeInto(const Packet& packet, SegmentBatch& batch, CaptureCounters& counters) const {
    ++counters.packets;
    counters.captured_bytes += packet.bytes.size();
    const DropReason reason = Decode(packet, batch.Append());
    if (reason == DropReason::kNone) {
      ++counters.segments;
    } else {
      batch.DropLast();
      counters.Count(reason);
    }
  }

 private:
  TunnelOptions tunnels_;
  DetailOptions details_;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_FRAME_DECODER_H_
