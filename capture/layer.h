// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_LAYER_H_
#define CAIRN_CAPTURE_LAYER_H_

#include <cstdint>

#include "capture/counters.h"

namespace cairn::capture {

// What stands at the cursor.  The frame decoder is a loop over these: each layer's reader checks
// that its header was captured, moves the cursor behind it and says what follows.
enum class Layer : uint8_t {
  kStop,  // nothing to follow; Step::reason says why
  kEthernet,
  kVlan,            // behind the 0x8100 (0x88a8, ...): tag and type
  kLlc,             // 802.2 LLC, perhaps with SNAP
  kMpls,            // a label stack
  kPppoe,           // a PPPoE session header
  kPpp,             // a PPP protocol number, perhaps after HDLC's address and control bytes
  kIp,              // IPv4 or IPv6, by the version in its first byte
  kAuthentication,  // an IP authentication header
  kTunnelledIp,     // kIp, inside another IP datagram
  kGre,
  kUdp,  // of interest only where it carries a tunnel
  kVxlan,
  kGeneve,
  kTcp,
};

struct Step {
  Layer next = Layer::kStop;
  DropReason reason = DropReason::kNone;
};

constexpr Step Next(Layer layer) { return {layer, DropReason::kNone}; }
constexpr Step Stop(DropReason reason) { return {Layer::kStop, reason}; }

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_LAYER_H_
