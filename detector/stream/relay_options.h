// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_RELAY_OPTIONS_H_
#define CAIRN_DETECTOR_STREAM_RELAY_OPTIONS_H_

#include <cstdint>

#include "base/time.h"

namespace cairn::relays {

// How a host's flows are summed and judged.
enum class Method : uint8_t {
  kAdaptive,   // centred on each host's own rates (centred_sums.h)
  kPublished,  // as Coskun & Memon published it (published_sums.h)
};

// Which two connections of a host may be the two sides of a relay.
enum class Pairing : uint8_t {
  kOppositeRoles,  // one that it accepted and one that it opened, as a login or a proxy does
  kAny,            // any two that lead to different hosts; finds reverse tunnels, and browsers
};

struct Options {
  bool enabled = true;
  Method method = Method::kAdaptive;
  Pairing pairing = Pairing::kOppositeRoles;
  // L: the length of a slot of time.
  PacketDelta slot = PacketDelta::FromMilliseconds(100);
  // K: independent sums for each host.  A multiple of 64; twice as many see 1.4 times as well.
  uint32_t sums = 128;
  // A: Method::kPublished decides after so many products of an incoming and an outgoing flow.
  uint32_t terms = 1000;
  // Method::kAdaptive: that an innocent host is reported within an hour of activity.
  // Method::kPublished: within one decision, were its flows independent of each other.
  double false_alarm_probability = 1e-4;
  // Bounds.  What does not fit is dropped by the stated rule and counted.
  uint32_t max_hosts = 10'000;  // with sums; the longest idle goes first, when idle for a minute
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_STREAM_RELAY_OPTIONS_H_
