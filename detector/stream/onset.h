// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_ONSET_H_
#define CAIRN_DETECTOR_STREAM_ONSET_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "detector/findings/event.h"
#include "detector/findings/session_record.h"
#include "detector/stream/flow_info.h"

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

// The end of an idle period of a flow: new data after a silence.
struct Onset : stream::FlowInfo {
  PacketTime time;
  std::array<OnsetHistory, kKinds> history;
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
