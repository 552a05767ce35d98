// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_TIMING_ONSET_GATE_H_
#define CAIRN_DETECTOR_TIMING_ONSET_GATE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "capture/segment.h"
#include "capture/time.h"
#include "detector/connections/connection_table.h"
#include "detector/connections/connection_tracker.h"
#include "detector/timing/idle_periods.h"
#include "detector/timing/onset.h"

namespace cairn::timing {

// What the gate did.  Only grows.
struct OnsetGateCounters {
  uint64_t onsets = 0;          // handed on
  uint64_t not_believed = 0;    // data after a pause that nobody acknowledged
  uint64_t decided_early = 0;   // kMostWaiting reached: the oldest left before their time
};

// Between the sensor's per-packet work and those who compare onsets.  Data after a pause wait here until
// it is known whether their receiver has taken them: anybody on the way can insert segments that look
// like keystrokes and never arrive.  Those that he has taken leave as onsets, in the order of their own
// times, and ends of connections between them.
//
// Data after a pause are believed when, within kHold,
//  * the receiver acknowledges them, and they did not come again before he did, or
//  * they were in order, and he was not to be expected to in this time, or
//  * only their direction is captured, and they were in order or the flow went on from there.
//
// Thread-compatible.  Amortised O(1); no allocation once the ring has grown.  Memory: 72 bytes for each
// that waits, at most kMostWaiting.
class OnsetGate {
 public:
  // Longer than the round trip and a delayed acknowledgement on nearly all paths.
  static constexpr PacketDelta kHold = PacketDelta::FromMilliseconds(1000);
  static constexpr size_t kMostWaiting = size_t{1} << 16;

  // Requires: `table` and `sink` outlive this.
  OnsetGate(const Options& options, connections::ConnectionTable& table, OnsetSink& sink);

  // The connection's segment brought data, as the tracker observed.  Keeps last_data and believed_data.
  // Requires: the connection is open, and times do not decrease.
  void OnData(const Segment& segment, const connections::Observation& observed);
  // What `flow` had sent twice, or in two ways, or beyond a gap, is decided: its host's data end at `end_seq`,
  // by an acknowledgement or because the flow goes on from there.
  void OnSettled(const connections::Connection& connection, unsigned flow, uint32_t end_seq,
                 PacketTime now);
  // The connection ended at `time`, known at `now`.
  void OnConnectionEnd(uint32_t slot, connections::Connection& connection,
                       connections::EndCause cause, PacketTime time, PacketTime now);
  // Packet time has come to `now`.
  void AdvanceTo(PacketTime now) {
    while (waiting_ > 0 && At(first_).due <= now) DecideFirst();
  }
  // Decides all that waits by what is known.
  void Finish() {
    while (waiting_ > 0) DecideFirst();
  }

  const OnsetGateCounters& counters() const { return counters_; }

 private:
  enum class Verdict : uint8_t { kOpen, kTrue, kUntrue };
  struct Entry {
    PacketTime due;
    PacketTime time;   // of the data, or of the end
    PacketTime since;  // the flow's believed data before; InfinitePast: these are the first
    uint64_t uid = 0;
    uint32_t slot = 0;
    uint32_t first_seq = 0;
    uint32_t end_seq = 0;
    uint32_t acked = 0;  // when the data came
    uint8_t flow = 0;
    connections::DataPlace place = connections::DataPlace::kNone;  // kNone: an end
    connections::EndCause cause = connections::EndCause::kClosed;
    bool contested = false;    // something came again at its place before it was acknowledged
    Verdict verdict = Verdict::kOpen;
    uint16_t before = 0;       // number of the one of its flow before it, modulo 2^16
  };

  Entry& At(uint64_t number) { return ring_[number & (ring_.size() - 1)]; }
  void Push(const Entry& entry);
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
  std::vector<Entry> ring_;  // its size is a power of two
  uint64_t first_ = 0;   // number of the one that has waited longest; its place: modulo the ring's size
  uint64_t waiting_ = 0;
  PacketTime newest_due_ = PacketTime::InfinitePast();
  OnsetGateCounters counters_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_TIMING_ONSET_GATE_H_
