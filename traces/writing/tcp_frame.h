// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_WRITING_TCP_FRAME_H_
#define CAIRN_TRACES_WRITING_TCP_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/address.h"
#include "capture/segment.h"

namespace cairn::traces {

// The headers of an Ethernet frame with IPv4 or IPv6 and TCP, as they stand.
struct TcpFrame {
  static constexpr size_t kIpAt = 14;  // where the IP header begins

  Endpoint src;
  Endpoint dst;
  size_t tcp_at = 0;           // where the TCP header begins
  uint32_t header_bytes = 0;   // of the frame, where payload would begin
  uint32_t payload_bytes = 0;  // by the IP length, whatever was captured
  uint32_t seq = 0;
  uint32_t ack = 0;
  uint16_t window = 0;  // not scaled
  uint8_t flags = 0;
  uint8_t hop_limit = 0;                // or time to live
  std::optional<uint32_t> timestamp;    // of TCP's option (RFC 7323)
  uint32_t timestamp_echo = 0;          // beside it
  std::optional<uint8_t> window_shift;  // of TCP's option; SYNs have it

  bool Has(TcpFlag flag) const { return (flags & flag) != 0; }
};

// Nothing for other frames, for fragments but the first, for IPv6 with extension headers, and when
// the headers were not captured to their end.
std::optional<TcpFrame> ReadTcpFrame(std::span<const uint8_t> frame);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_WRITING_TCP_FRAME_H_
