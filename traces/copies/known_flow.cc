// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/known_flow.h"

#include <algorithm>

namespace cairn::traces {

void KnownFlow::See(const TcpFrame& packet, std::span<const uint8_t> frame) {
  if (packet.Has(kSyn)) {
    *this = KnownFlow();
    next = packet.seq + 1;
    window_shift = packet.window_shift.value_or(0);
    timestamps = packet.timestamp.has_value();
  } else if (!seen) {
    next = packet.seq;
    timestamps = packet.timestamp.has_value();
  }
  seen = true;
  src = packet.src;
  dst = packet.dst;
  network_bytes = packet.tcp_at;
  std::copy_n(frame.begin(), network_bytes, network.begin());
  if (packet.timestamp.has_value()) {
    timestamp = *packet.timestamp;
    timestamp_echo = packet.timestamp_echo;
  }
  if (packet.Has(kAck) && (!acknowledges || Ahead(ack, packet.ack) > 0)) {
    acknowledges = true;
    ack = packet.ack;
  }
  if (!packet.Has(kSyn)) window = packet.window;
  finished |= packet.Has(kFin) || packet.Has(kRst);
  const uint32_t end = packet.seq + packet.payload_bytes;
  if (packet.payload_bytes > 0 && Ahead(next, end) > 0) {
    newest_seq = packet.seq;
    newest_bytes = packet.payload_bytes;
    ++data_segments;
    data_bytes += packet.payload_bytes;
    next = end;
  }
}

uint32_t LargestWindow(const KnownFlow& peer) {
  constexpr int kLargestShift = 14;  // RFC 7323
  const int shift =
      peer.window_shift < 0 ? kLargestShift : std::min(peer.window_shift, kLargestShift);
  return peer.window << shift;
}

}  // namespace cairn::traces
