// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_ONSETS_ONSET_GATE_H_
#define CAIRN_DETECTOR_SENSOR_ONSETS_ONSET_GATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "capture/segment.h"
#include "detector/sensor/connections/connection_table.h"
#include "detector/sensor/connections/connection_tracker.h"
#include "detector/sensor/connections/flow_place.h"
#include "detector/sensor/onsets/idle_periods.h"
#include "detector/stream/onset.h"

namespace cairn::timing {

// What the gate did.  Only grows.
struct OnsetGateCounters {
  uint64_t onsets = 0;         // handed on
  uint64_t not_believed = 0;   // data after a pause that nobody acknowledged
  uint64_t guarded = 0;        // times that insertion was seen, and onsets began to wait
  uint64_t decided_early = 0;  // kMostWaiting reached: the oldest left before their time
};

// Between the sensor's per-packet work and those who compare onsets: which data after a pause are
// onsets?
//
// Usually all that are new, at once.  But anybody on the way can insert segments that look like
// keystrokes and never arrive.  When such are seen (data at one place in two ways, data far ahead
// of where the flow goes on: kSigns of them in kSignsWithin), data after a pause wait until it is
// known whether their receiver has taken them, for kGuard from the last sign on.  Those that he has
// taken leave as onsets, in the order of their own times and kHold late, and ends of connections
// between them.  All of them wait, because onsets of other connections, with which they are
// compared, must not overtake them.
//
// Data that wait are believed when, within kHold,
//  * the receiver acknowledges them, and did so before they came again, or
//  * they were in order, and he does not always acknowledge in this time, or
//  * only their direction is captured, and the flow went on from there, or they were in order and
//  nothing
//    came at their place again.
//
// Thread-compatible.  Amortised O(1); no allocation once the ring has grown.  Memory: 270 bytes for
// each that waits, at most kMostWaiting.
class OnsetGate {
 public:
  // Longer than the round trip and a delayed acknowledgement on nearly all paths.
  static constexpr PacketDelta kHold = connections::kLateAck;
  static constexpr size_t kMostWaiting = size_t{1} << 16;
  static constexpr size_t kSigns = 8;
  static constexpr PacketDelta kSignsWithin = PacketDelta::FromSeconds(60);
  static constexpr PacketDelta kGuard = PacketDelta::FromSeconds(600);

  // Requires: `table` and `sink` outlive this.
  OnsetGate(const Options& options, connections::ConnectionTable& table, OnsetSink& sink);

  // The connection's segment brought data, as the tracker observed.  Keeps last_data.
  // True: they show that segments were inserted.  Requires: the connection is open, and times do
  // not decrease.
  bool OnData(const Segment& segment, const connections::Observation& observed);
  // The connection's other side acknowledged data of `flow`.  Cheap unless some of them wait.
  void OnAck(connections::Connection& connection, unsigned flow) {
    if (connection.latest_waiting[flow] != kNone) TakeAck(connection, flow);
  }
  // What `flow` had sent twice, or in two ways, or beyond a gap, is decided: its host's data end at
  // `end_seq`, by an acknowledgement or because the flow goes on from there.
  void OnSettled(const connections::Connection& connection, unsigned flow, uint32_t end_seq,
                 PacketTime now);
  // The connection ended at `time`, known at `now`.
  void OnConnectionEnd(uint32_t slot, connections::Connection& connection, SessionEnd cause,
                       PacketTime time, PacketTime now);
  // Packet time has come to `now`.
  void AdvanceTo(PacketTime now) {
    if (guards_) LeaveGuard(now);
    while (waiting_ > 0 && At(first_).due <= now) DecideFirst();
  }
  // Decides about all waiting onsets by what is known.
  void Finish() {
    while (waiting_ > 0) DecideFirst();
  }

  // Data after no longer a pause are no onset.
  PacketDelta shortest_pause() const { return idle_periods_.shortest(); }
  const OnsetGateCounters& counters() const { return counters_; }

 private:
  // kTold: an onset was made of it, and stands beside it.
  enum class Verdict : uint8_t { kOpen, kTrue, kUntrue, kTold };
  static constexpr uint16_t kNone = 0;  // instead of the last 16 bits of an entry's number
  struct Entry {
    PacketTime due;
    PacketTime time;   // of the data, or of the end
    PacketTime since;  // the flow's believed data before; InfinitePast: these are the first
    uint64_t uid = 0;
    uint32_t slot = 0;
    uint32_t first_seq = 0;
    uint32_t end_seq = 0;
    uint32_t acked = 0;  // when the data came
    uint32_t wait_ms = OnsetHistory::kNoWait;
    uint8_t flow = 0;
    connections::DataPlace place = connections::DataPlace::kNone;  // kNone: an end
    SessionEnd cause = SessionEnd::kClosed;
    bool contested = false;  // something came again at its place before it was acknowledged
    Verdict verdict = Verdict::kOpen;
    uint16_t before = 0;  // number of the one of its flow before it, modulo 2^16
  };

  void TakeSign(PacketTime now);
  void LeaveGuard(PacketTime now) {
    if (now - signs_[(next_sign_ + kSigns - 1) % kSigns] <= kGuard) return;
    guards_ = false;
    Finish();
  }
  void TellAtOnce(connections::Connection& connection, const connections::Observation& observed,
                  const IdlePeriods::Pause& pause);
  Entry& At(uint64_t number) { return ring_[number & (ring_.size() - 1)]; }
  void Push(const Entry& entry);
  void TakeAck(connections::Connection& connection, unsigned flow);
  bool MakeOnset(connections::Connection& connection, const Entry& entry, Onset& onset) const;
  void PrefetchSoon();
  void DecideFirst(bool early = false);
  // Calls `visit` of the flow's latest entries, newest first, until it says false.
  template <typename Visit>
  void VisitLatest(const connections::Connection& connection, unsigned flow, Visit visit);
  void Contest(const connections::Connection& connection, unsigned flow, uint32_t seq);
  bool IsBelieved(const connections::Connection& connection, const Entry& entry, bool early) const;
  static bool AnswersPromptly(const connections::Connection& connection, unsigned flow);
  void Grow();

  const IdlePeriods idle_periods_;
  connections::ConnectionTable& table_;
  OnsetSink& sink_;
  std::vector<Entry> ring_;    // its size is a power of two
  std::vector<Onset> onsets_;  // of the entries at the same places that are kTold
  uint64_t first_ =
      1;  // number of the one that has waited longest; its place: modulo the ring's size
  uint64_t waiting_ = 0;
  PacketTime newest_due_ = PacketTime::InfinitePast();
  bool guards_ = false;
  // When signs of insertion were seen last, a ring.
  std::array<PacketTime, kSigns> signs_;
  size_t next_sign_ = 0;
  OnsetGateCounters counters_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_SENSOR_ONSETS_ONSET_GATE_H_
