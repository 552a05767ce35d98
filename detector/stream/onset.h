// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_ONSET_H_
#define CAIRN_DETECTOR_STREAM_ONSET_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/event.h"
#include "detector/findings/session_record.h"
#include "detector/stream/connection_key.h"

namespace cairn::timing {

constexpr size_t IndexOf(PairKind kind) { return static_cast<size_t>(kind); }
constexpr size_t kKinds = 2;

// How one flow's onset looks to one kind of pair.  Kinds may use different idle thresholds.
struct OnsetHistory {
  bool is_onset = false;
  uint32_t count = 0;          // onsets of this flow so far, this one included
  uint32_t reverse_count = 0;  // onsets of the connection's other flow so far
  // How long ago the connection's other flow had sent its latest data, in milliseconds; kNoWait
  // where this flow has sent since.
  static constexpr uint32_t kNoWait = 0xffffffff;
  uint32_t wait_ms = kNoWait;
  // The flow's two onsets before this one, newest first; InfinitePast where there was none.  The
  // second is rounded to 65.5 us.
  std::array<PacketTime, 2> previous = {PacketTime::InfinitePast(), PacketTime::InfinitePast()};
};

// The end of an idle period: what the sensor half tells the correlator half.  A plain value that
// describes its connection completely, so that it can be stored, sent to another machine, and
// merged with other sensors' by time.
struct Onset {
  PacketTime time;
  std::array<OnsetHistory, kKinds> history;
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

// Takes what the sensor half tells the correlator half, in packet order.
class OnsetSink {
 public:
  virtual ~OnsetSink() = default;
  virtual void OnOnset(const Onset& onset) = 0;
  // A connection has ended and its slot may name another one from now on.  Also called for
  // connections that never had an onset.
  virtual void OnConnectionEnd(uint32_t slot, uint64_t uid, SessionEnd cause, PacketTime time) = 0;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_STREAM_ONSET_H_
