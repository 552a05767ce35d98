// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_TRACKER_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_TRACKER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "capture/segment.h"
#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/connection_slots.h"
#include "detector/findings/session_record.h"
#include "detector/sensor/connections/connection.h"
#include "detector/sensor/connections/connection_table.h"
#include "detector/sensor/connections/counters.h"
#include "detector/sensor/connections/ended_keys.h"
#include "detector/sensor/connections/idle_wheel.h"
#include "detector/sensor/connections/observation.h"
#include "detector/sensor/connections/options.h"
#include "detector/sensor/connections/syn_waiting.h"

namespace cairn::connections {

// Why a connection ended, in the words of its session record.  Never kInterim.
using EndCause = SessionEnd;

// Told once of every connection that ends.  The record is valid during the call only.
class EndSink {
 public:
  virtual ~EndSink() = default;
  virtual void OnConnectionEnd(uint32_t slot, const Connection& connection, EndCause cause,
                               PacketTime time) = 0;
  // Called for every record that leaves the table: for a connection some time after its end (late
  // segments still belong to it), for strays when no connection claimed them.  `cause`: why it
  // left, if it had not ended before.
  virtual void OnConnectionForgotten(uint32_t, const Connection&, EndCause, PacketTime) {}
  // This record will probably leave next: fetch what that will need.
  virtual void PrefetchForgetting(uint32_t) const {}
};

// Turns segments into connections: who began, how far each flow's sequence space has been filled,
// and when it ended. The heart of the sensor half; per-packet work touches one connection and no
// other.
//
// Believes what the end hosts believe: how far a flow has come is decided in flow_place.h, which
// segments their receivers ignore in trust.h, what ends a connection in connection_end.h.
//
// Handles mid-stream pickup, simultaneous open, port reuse, captures that hold one direction only,
// retransmission, keep-alives, gaps and sequence wrap.  Thread-compatible.  Cost per segment: one
// table access; time-outs are amortised O(1).
class ConnectionTracker {
 public:
  // A segment that waited, and what it meant.
  struct Released {
    Segment segment;
    Observation observed;
  };

  // Requires: `ends` outlives the tracker.
  ConnectionTracker(const Options& options, EndSink& ends);

  // Requires: times do not decrease; `place` and `hash` are the segment's (see table()).  No value
  // when the segment belongs to no connection and starts none, or waits.
  std::optional<Observation> Observe(const Segment& segment, const SegmentPlace& place,
                                     uint64_t hash);
  // SYNs in the middle of a connection wait until it is known whose they are.  Those of which the
  // last Observe() decided; they come before its own segment.
  const std::vector<Released>& released() const { return released_; }
  void ClearReleased() { released_.clear(); }

  // Ends what has been silent for too long.  Observe does not; call it as packet time moves on
  // (cheap when early).
  void ExpireUntil(PacketTime now);
  // Ends every open connection and forgets all.
  void EndAll(PacketTime now);

  // Those of `connections` that are open, and up to kMostSaved others, the latest at work: so what
  // is found of them later has the same names, and their handshakes are known.
  static constexpr size_t kMostSaved = 65'536;
  void Save(checkpoint::Writer& out, const checkpoint::Connections& connections) const;
  // Puts them into the table, as if they had been in it all the time; says where they are.  To be
  // called before anything else.  What cannot be makes `in` fail; then the tracker must not be
  // used.
  void Restore(checkpoint::Reader& in, checkpoint::ConnectionSlots& slots);

  ConnectionTable& table() { return table_; }
  const ConnectionTable& table() const { return table_; }
  const Counters& counters() const { return counters_; }

 private:
  uint32_t Create(const Segment& segment, const SegmentPlace& place, uint64_t hash);
  std::optional<Observation> ObserveStray(const Segment& segment, const SegmentPlace& place,
                                          uint64_t hash, std::optional<uint32_t> slot);
  Observation ObserveIn(uint32_t slot, const Segment& segment, unsigned flow);
  Observation ObserveClosed(uint32_t slot, const Segment& segment, unsigned flow);
  Observation ObserveDoubted(uint32_t slot, const Segment& segment, unsigned flow, Doubt doubt);
  void Start(uint32_t slot, const Segment& segment, const SegmentPlace& place);
  void MakeRoom(PacketTime now);
  void Replace(uint32_t slot, PacketTime now);
  void End(uint32_t slot, EndCause cause, PacketTime now);
  void Drop(uint32_t slot, EndCause cause, PacketTime now);
  void PrefetchNext(const IdleWheel& wheel) const;
  void Forget(uint32_t slot, EndCause cause, PacketTime now);
  void MoveTo(uint32_t slot, Phase phase);

  // SYNs in the middle of a connection.
  bool ReplacesAtOnce(const Connection& connection, const Segment& segment, unsigned flow) const;
  bool MustWait(const Connection& connection, const Segment& segment, unsigned flow) const;
  void LetWait(uint32_t slot, const Segment& segment, unsigned flow);
  bool ConfirmsWaiting(uint32_t slot, const Segment& segment, unsigned flow);
  void ReleaseUnbelieved(uint32_t slot);
  void BeginWithWaiting(uint32_t slot, const SegmentPlace& place, uint64_t hash, PacketTime now);

  static void MeasureRoundTrip(Connection& connection, const Segment& segment, unsigned flow);
  void TakeSyn(Connection& connection, const Segment& segment, unsigned flow);
  void TakeFin(uint32_t slot, const Segment& segment, unsigned flow, Observation& observed);
  void TakeRst(uint32_t slot, const Segment& segment, unsigned flow, Observation& observed);
  void Revive(uint32_t slot, Observation& observed);
  void CountData(const Observation& observed, const Segment& segment);
  void CountDoubt(Connection& connection, Doubt doubt);
  IdleWheel& WheelOf(Phase phase);

  ConnectionTable table_;
  IdleWheel handshake_;
  IdleWheel established_;
  IdleWheel ending_;
  IdleWheel lingering_;
  IdleWheel closed_;
  IdleWheel stray_;
  const bool keep_strays_;
  EndSink& ends_;
  SynWaiting syns_;
  std::vector<Released> released_;
  EndedKeys ended_;
  Counters counters_;
  PacketTime next_expiry_ = PacketTime::InfinitePast();
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_CONNECTION_TRACKER_H_
