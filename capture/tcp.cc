// SPDX-License-Identifier: BSD-3-Clause
#include "capture/tcp.h"

#include "capture/byte_order.h"
#include "capture/checksum.h"

namespace cairn::capture {

DropReason ReadTcp(const Cursor& at, const IpHeader& ip, Segment& segment) {
  constexpr size_t kFixedHeaderBytes = 20;
  constexpr size_t kNeededBytes = 14;
  if (at.wire_bytes() < kFixedHeaderBytes) return DropReason::kMalformedTransport;
  if (!at.Has(kNeededBytes)) return DropReason::kTruncatedTransport;
  const uint8_t* header = at.at();
  const size_t header_bytes = static_cast<size_t>(header[12] >> 4) * 4;
  if (header_bytes < kFixedHeaderBytes) return DropReason::kMalformedTransport;
  size_t payload_bytes = 0;
  if (header_bytes <= at.wire_bytes()) {
    payload_bytes = at.wire_bytes() - header_bytes;
  } else if (!ip.first_fragment) {  // in a first fragment the options may go on in the next
    return DropReason::kMalformedTransport;
  }
  segment.src = ip.src;
  segment.dst = ip.dst;
  segment.src_port = LoadBig16(header);
  segment.dst_port = LoadBig16(header + 2);
  segment.seq = LoadBig32(header + 4);
  segment.ack = LoadBig32(header + 8);
  segment.flags = header[13];
  segment.payload_bytes = static_cast<uint32_t>(payload_bytes);
  segment.hop_limit = ip.hop_limit;
  segment.checksum = ip.first_fragment ? Checksum::kUnknown
                                       : CheckTcp({header, at.captured_bytes()}, at.wire_bytes(),
                                                  segment.src, segment.dst);
  return DropReason::kNone;
}

}  // namespace cairn::capture
