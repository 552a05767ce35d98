// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_SHORT_SESSIONS_H_
#define CAIRN_TRACES_GENERATOR_SHORT_SESSIONS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"

#include "base/address.h"
#include "base/time.h"
#include "capture/segment.h"
#include "traces/generator/simulation.h"

namespace cairn::traces {

enum class Answer : uint8_t { kNone, kReset, kAccept };

// A connection that is over in seconds, or an attempt at one: all that its packets follow from.
struct ShortSession {
  PacketTime start;
  Endpoint client;
  Endpoint server;
  uint32_t client_seq = 0;
  uint32_t server_seq = 0;
  PacketDelta round_trip = PacketDelta::FromMilliseconds(50);
  Answer answer = Answer::kAccept;
  uint8_t attempts = 1;   // SYNs without an answer, 3 and 6 seconds apart
  uint8_t exchanges = 0;  // accepted: requests, each with an answer
  uint16_t request_bytes = 0;
  uint16_t answer_bytes = 0;

  // 6 for a connection without data, and 2 for each exchange.
  uint64_t Packets() const;
};

// Plays any number of short sessions as packets in the order of time.
//
// Thread-compatible.  Memory: about 120 bytes for each session that is under way.  Cost: O(log n) a
// packet, n sessions being under way.
class SessionPlayer {
 public:
  // Requires: `sink` outlives this.
  explicit SessionPlayer(const Simulation::Sink& sink) : sink_(sink) {}

  // Gives the sink all that comes before the session's start.  Requires: none starts earlier than
  // the one added before.  The error is the sink's.
  absl::Status Add(const ShortSession& session);
  // Gives the sink the rest.
  absl::Status Finish() { return PlayUntil(PacketTime::InfiniteFuture()); }

 private:
  struct Playing {
    ShortSession session;
    uint64_t step = 0;  // packets sent
  };
  struct Due {
    PacketTime time;
    uint64_t order = 0;  // decides between equal times
    uint32_t place = 0;  // in playing_
  };
  struct Later {
    bool operator()(const Due& a, const Due& b) const {
      return a.time != b.time ? a.time > b.time : a.order > b.order;
    }
  };

  absl::Status PlayUntil(PacketTime time);

  const Simulation::Sink& sink_;
  std::vector<Playing> playing_;
  std::vector<uint32_t> free_;  // places in playing_
  std::vector<Due> due_;        // a heap
  uint64_t made_ = 0;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_SHORT_SESSIONS_H_
