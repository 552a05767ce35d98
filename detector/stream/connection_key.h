// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_CONNECTION_KEY_H_
#define CAIRN_DETECTOR_STREAM_CONNECTION_KEY_H_

#include <array>
#include <cstdint>

#include "base/address.h"

namespace cairn::connections {

// A connection's two ends in a fixed order, so that both directions find the same record: the
// numerically smaller endpoint is side 0.  Flow 0 runs from side 0 to side 1, flow 1 back.
struct ConnectionKey {
  std::array<IpAddress, 2> ip;
  std::array<uint16_t, 2> port{};

  bool operator==(const ConnectionKey&) const = default;
  Endpoint end(unsigned side) const { return {ip[side], port[side]}; }
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_STREAM_CONNECTION_KEY_H_
