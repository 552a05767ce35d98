// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_SIMULATION_H_
#define CAIRN_TRACES_GENERATOR_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "capture/segment.h"
#include "traces/truth/truth.h"

namespace cairn::traces {

class Simulation;

// Someone or something that causes traffic: a person, a transfer, a scan.
class Actor {
 public:
  virtual ~Actor() = default;
  // Does what is due at `now`; the packets it sends may lie in the future.  Returns when it wants
  // to be woken next, not before `now`; nullopt: it is done and is destroyed.
  virtual std::optional<PacketTime> Wake(Simulation& simulation, PacketTime now) = 0;
  // The simulation ends while the actor is still at work.
  virtual void Finish(Simulation&, PacketTime) {}
};

// What the truth says of a connection besides its packets.
struct ConnectionLabel {
  uint64_t session = 0;
  std::string scenario;
  std::string sub;
  std::string role = "bg";
};

using ConnectionIndex = uint32_t;

// A virtual clock, the actors' alarms and the packets under way, in one order of time.
//
// Packets leave for `sink` in time order, equal times in the order of sending.  Memory: 80 bytes a
// packet under way (a few seconds of traffic), about 150 bytes a connection ever opened (for the
// truth), and the actors at work.
class Simulation {
 public:
  using Sink = std::function<absl::Status(const Segment&)>;
  struct Limits {
    PacketTime end;
    uint64_t max_packets = 0;  // 0: no limit
  };

  Simulation(Limits limits, Sink sink);
  ~Simulation();

  void Start(PacketTime at, std::unique_ptr<Actor> actor);
  ConnectionIndex AddConnection(const Link& link, const ConnectionLabel& label);
  // Requires: the segment's time is not before the clock.
  void Send(ConnectionIndex connection, const Segment& segment);

  // Runs until the limits, or until nobody has anything to do.  The error is the sink's.
  absl::Status Run();

  PacketTime now() const { return now_; }
  PacketTime end() const { return limits_.end; }
  uint64_t packets() const { return packets_; }

  // The truth of a connection as far as its packets have left; packets is 0 when none has.
  TruthConnection Describe(ConnectionIndex connection) const;
  ConnectionIndex connection_count() const {
    return static_cast<ConnectionIndex>(connections_.size());
  }

 private:
  struct Alarm {
    PacketTime time;
    uint64_t order;
    std::unique_ptr<Actor> actor;
  };
  struct UnderWay {
    uint64_t order;
    ConnectionIndex connection;
    Segment segment;
  };
  struct ConnectionRecord {
    Link link;
    PacketTime first;
    PacketTime last;
    uint64_t data_bytes = 0;
    uint32_t packets = 0;
    uint32_t data_packets = 0;
    uint32_t label = 0;
    bool syn_seen = false;
  };
  static bool Later(const Alarm& a, const Alarm& b);
  static bool LaterPacket(const UnderWay& a, const UnderWay& b);

  absl::Status Deliver();
  void WakeNext();
  void FinishActors();
  bool AtLimit() const { return limits_.max_packets != 0 && packets_ >= limits_.max_packets; }

  Limits limits_;
  Sink sink_;
  PacketTime now_;
  uint64_t order_ = 0;
  uint64_t packets_ = 0;
  std::vector<Alarm> alarms_;        // a heap, the earliest first
  std::vector<UnderWay> under_way_;  // likewise
  std::vector<ConnectionRecord> connections_;
  std::vector<ConnectionLabel> labels_;  // runs of connections share one
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_SIMULATION_H_
