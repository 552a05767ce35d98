// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_DETECTOR_SENSOR_CONNECTIONS_TRACKER_RIG_H_
#define CAIRN_TESTS_DETECTOR_SENSOR_CONNECTIONS_TRACKER_RIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "detector/sensor/connections/connection_tracker.h"
#include "tests/support/segment_builder.h"

namespace cairn::connections {

// A tracker on a bench: keeps what it says of each segment and of each connection's end.
class TrackerRig : private EndSink {
 public:
  struct End {
    uint64_t uid = 0;  // as Number() has it
    std::string cause;
    PacketTime time;
    bool operator==(const End&) const = default;
  };

  explicit TrackerRig(const Options& options = {}) : tracker_(options, *this) {}

  // Feeds one segment, as the sensor does.  The number of new bytes; none when it is a stray.
  std::optional<uint32_t> Feed(const Segment& segment);
  // The same for a whole trace; new bytes per segment, -1 for strays.
  std::vector<int64_t> Feed(const testing::TraceBuilder& trace);

  // The record that holds this connection's endpoints now, if any.
  const Connection* Find(const Endpoint& a, const Endpoint& b) const;
  // Its uid as Number() has it.
  ConnectionSummary Summary(const Endpoint& a, const Endpoint& b) const;
  // Connections in the order of their first segments, from 1; 0: it was never fed.
  uint64_t Number(uint64_t uid) const;
  bool IsOpen(const Endpoint& a, const Endpoint& b) const;

  ConnectionTracker& tracker() { return tracker_; }
  const Counters& counters() const { return tracker_.counters(); }
  const std::vector<End>& ends() const { return ends_; }

 private:
  void OnConnectionEnd(uint32_t slot, const Connection& connection, EndCause cause,
                       PacketTime time) override;

  ConnectionTracker tracker_;
  std::vector<uint64_t> uids_;  // in the order of their first segments
  std::vector<End> ends_;
};

// One segment by hand.
Segment Tcp(const Endpoint& from, const Endpoint& to, PacketTime time, uint8_t flags, uint32_t seq,
            uint32_t bytes = 0, uint32_t ack = 0);

}  // namespace cairn::connections

#endif  // CAIRN_TESTS_DETECTOR_SENSOR_CONNECTIONS_TRACKER_RIG_H_
