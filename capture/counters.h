// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_COUNTERS_H_
#define CAIRN_CAPTURE_COUNTERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn {

// Why a packet did not become a segment.  Every packet is either a segment or counted under exactly
// one of these.
enum class DropReason : uint8_t {
  kNone,                // it became a segment
  kTruncatedLink,       // the capture ends inside the link header (or a shim: VLAN, MPLS, PPPoE)
  kTruncatedNetwork,    // ... inside an IP header, an extension header or a tunnel's header
  kTruncatedTransport,  // ... inside the TCP header, before its flags
  kUnknownLinkPayload,  // the link header carries something else than IP (ARP, LLDP, ...)
  kMalformedNetwork,    // impossible version, header length or total length
  kMalformedTransport,  // impossible TCP data offset, or an IP length that has no room for TCP
  kNotTcp,              // UDP, ICMP, ...
  kLaterFragment,       // a fragment after the first: it has no TCP header
  kTunnelDisabled,      // a tunnel that the configuration switched off
  kTunnelTooDeep,       // more nested tunnels than allowed
  kUnsupportedLink,     // a packet of a link type that is not decoded (pcapng may mix them)
  kCount
};

constexpr size_t kDropReasonCount = static_cast<size_t>(DropReason::kCount);

// A short name for logs and metrics: "truncated_link".
std::string_view DropReasonName(DropReason reason);

// What happened to the packets of a source.  Only grows.
struct CaptureCounters {
  uint64_t packets = 0;
  uint64_t captured_bytes = 0;
  uint64_t segments = 0;
  std::array<uint64_t, kDropReasonCount> dropped{};
  uint64_t reordered = 0;       // arrived late within the reorder window and were put back in order
  uint64_t clamped = 0;         // arrived later than that: moved to the newest released time
  uint64_t left_early = 0;      // there was no room to wait for late ones any longer
  uint64_t clock_steps = 0;     // how often the capture's clock was found to have been set
  uint64_t wild_stamps = 0;     // had a damaged time stamp and got their neighbours' time
  uint64_t kernel_dropped = 0;  // live: the kernel's buffer was full
  uint64_t interface_dropped = 0;  // live: the network card or its driver lost them

  uint64_t Dropped(DropReason reason) const { return dropped[static_cast<size_t>(reason)]; }
  void Count(DropReason reason) { ++dropped[static_cast<size_t>(reason)]; }
  CaptureCounters& operator+=(const CaptureCounters& other);
  bool operator==(const CaptureCounters&) const = default;
};

}  // namespace cairn

#endif  // CAIRN_CAPTURE_COUNTERS_H_
