// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_ACTIVITY_ACTIVITY_RECORDER_H_
#define CAIRN_DETECTOR_SENSOR_ACTIVITY_ACTIVITY_RECORDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "detector/sensor/connections/connection.h"
#include "detector/sensor/connections/connection_table.h"
#include "detector/stream/flow_second.h"

namespace cairn::activity {

// When a connection's flows had sent data before those at hand.
struct LastData {
  PacketTime own;     // the flow's
  PacketTime either;  // of both flows, the later
};

// Counts each flow's new data by the second (stream/flow_second.h).
//
// The counts of the second at hand lie in a row, those of flows that are active only, and a
// connection knows the places of its two.  What else a record tells is taken from the connection
// when the second is over, so that the row stays in the cache.
//
// Thread-compatible.  Cost: O(1) for new data, no allocation once it has grown.  Memory: 32 bytes
// for each flow that sends data within one second; `most` at most, further ones are counted.
class ActivityRecorder {
 public:
  static constexpr size_t kMost = size_t{1} << 20;

  // Requires: `table` outlives this.
  ActivityRecorder(bool enabled, const connections::ConnectionTable& table, size_t most = kMost)
      : enabled_(enabled), most_(most), table_(table) {}

  // New data of this flow of the connection will probably come soon.
  void Prefetch(const connections::Connection& connection, unsigned flow) const {
    const uint32_t at = connection.activity_at[flow];
    if (at < counts_.size() && connection.activity_second[flow] == tag_) {
      __builtin_prefetch(&counts_[at], 1);
    }
  }
  // `flow` sent new data at `time`.  Requires: `time` lies in the second at hand.
  void OnNewData(connections::Connection& connection, uint32_t slot, uint8_t flow, PacketTime time,
                 const LastData& before);

  // Calls `next` for each record of the second at hand, if that is over at `now`, in the order in
  // which flows began to send in it; the next one begins.  `next()` gives the place to fill.
  template <typename Next>
  void AdvanceTo(PacketTime now, Next&& next) {
    if (now < end_) return;
    TellAll(next);
    Begin(now);
  }
  // The connection in `slot` has ended: tells what its flows sent in the second at hand.
  template <typename Next>
  void OnConnectionEnd(const connections::Connection& connection, uint32_t slot, Next&& next) {
    for (const unsigned flow : {0U, 1U}) {
      if (!Holds(connection, slot, flow)) continue;
      Counts& counts = counts_[connection.activity_at[flow]];
      Fill(counts, next());
      counts.marks = 0;
    }
  }
  // All that is left.
  template <typename Next>
  void TellAll(Next&& next) {
    constexpr size_t kAhead = 16;
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (i + kAhead < counts_.size()) Fetch(counts_[i + kAhead].slot);
      if (counts_[i].marks != 0) Fill(counts_[i], next());
    }
    counts_.clear();
  }

  // Flows that were not told of, because `most` others were active in the same second.
  uint64_t left_out() const { return left_out_; }

 private:
  struct Counts {
    uint64_t marks = 0;  // 0: told already
    PacketTime previous;
    uint32_t slot = 0;
    std::array<uint8_t, stream::FlowSecond::kTenths> segments{};
    uint8_t flow : 1 = 0;
    uint8_t answered : 1 = 0;
    uint8_t initiative = 0;
  };
  static_assert(sizeof(Counts) == 32);

  bool Holds(const connections::Connection& connection, uint32_t slot, unsigned flow) const {
    const uint32_t at = connection.activity_at[flow];
    if (connection.activity_second[flow] != tag_ || at >= counts_.size()) return false;
    const Counts& counts = counts_[at];
    return counts.slot == slot && counts.flow == flow && counts.marks != 0;
  }
  void Begin(PacketTime now);
  Counts* Open(connections::Connection& connection, uint32_t slot, uint8_t flow, PacketTime time,
               const LastData& before);
  void Fetch(uint32_t slot) const {
    __builtin_prefetch(&table_[slot]);
    __builtin_prefetch(&table_[slot].last_data);
  }
  void Fill(const Counts& counts, stream::FlowSecond& second) const;

  const bool enabled_;
  const size_t most_;
  const connections::ConnectionTable& table_;
  int64_t number_ = 0;  // of the second at hand
  uint8_t tag_ = 0;     // its low bits: what places of connections are of it
  PacketTime begin_ = PacketTime::InfinitePast();
  PacketTime end_ = PacketTime::InfinitePast();
  std::vector<Counts> counts_;
  uint64_t left_out_ = 0;
};

}  // namespace cairn::activity

#endif  // CAIRN_DETECTOR_SENSOR_ACTIVITY_ACTIVITY_RECORDER_H_
