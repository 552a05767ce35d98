// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_FLOW_INFO_H_
#define CAIRN_DETECTOR_STREAM_FLOW_INFO_H_

#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/event.h"
#include "detector/stream/connection_key.h"

namespace cairn::stream {

// Which flow an event is of, and what is known of its connection: enough to compare it with others.
// A plain value that needs no table beside it, so that it can be stored, sent to another machine,
// and merged with other sensors' by time.
struct FlowInfo {
  uint32_t slot = 0;  // names the connection for as long as it is open
  uint8_t flow = 0;
  uint8_t originator_side = 0;
  OriginatorSource originator = OriginatorSource::kSyn;
  bool reverse_seen = false;  // the capture holds segments of the other flow, too
  uint8_t not_believed = 0;   // of the connection's segments so far; 255 stands for more, too
  std::array<PacketDelta, 2> far_trip = {PacketDelta::Zero(),
                                         PacketDelta::Zero()};  // transit.h; to each side
  connections::ConnectionKey key;
  uint64_t uid = 0;
  PacketTime start;

  const IpAddress& source() const { return key.ip[flow]; }
  const IpAddress& destination() const { return key.ip[1U - flow]; }
  ConnectionSummary Summary() const {
    return {.uid = uid,
            .orig = key.end(originator_side),
            .resp = key.end(1U - originator_side),
            .start = start,
            .originator = originator};
  }
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_FLOW_INFO_H_
