// SPDX-License-Identifier: BSD-3-Clause
#include "capture/counters.h"

namespace cairn {

std::string_view DropReasonName(DropReason reason) {
  switch (reason) {
    case DropReason::kNone:
      return "none";
    case DropReason::kTruncatedLink:
      return "truncated_link";
    case DropReason::kTruncatedNetwork:
      return "truncated_network";
    case DropReason::kTruncatedTransport:
      return "truncated_transport";
    case DropReason::kUnknownLinkPayload:
      return "unknown_link_payload";
    case DropReason::kMalformedNetwork:
      return "malformed_network";
    case DropReason::kMalformedTransport:
      return "malformed_transport";
    case DropReason::kNotTcp:
      return "not_tcp";
    case DropReason::kLaterFragment:
      return "later_fragment";
    case DropReason::kTunnelDisabled:
      return "tunnel_disabled";
    case DropReason::kTunnelTooDeep:
      return "tunnel_too_deep";
    case DropReason::kUnsupportedLink:
      return "unsupported_link";
    case DropReason::kCount:
      break;
  }
  return "unknown";
}

CaptureCounters& CaptureCounters::operator+=(const CaptureCounters& other) {
  packets += other.packets;
  captured_bytes += other.captured_bytes;
  segments += other.segments;
  for (size_t i = 0; i < kDropReasonCount; ++i) dropped[i] += other.dropped[i];
  reordered += other.reordered;
  clamped += other.clamped;
  left_early += other.left_early;
  clock_steps += other.clock_steps;
  wild_stamps += other.wild_stamps;
  kernel_dropped += other.kernel_dropped;
  interface_dropped += other.interface_dropped;
  return *this;
}

}  // namespace cairn
