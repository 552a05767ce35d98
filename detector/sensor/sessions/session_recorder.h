// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_SESSION_RECORDER_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_SESSION_RECORDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/huge_array.h"
#include "capture/segment.h"
#include "detector/findings/session_record.h"
#include "detector/sensor/connections/connection_table.h"
#include "detector/sensor/connections/connection_tracker.h"
#include "detector/sensor/sessions/options.h"
#include "detector/sensor/sessions/server_profile.h"
#include "detector/sensor/sessions/session_state.h"
#include "detector/stream/pair_filter.h"
#include "detector/stream/timing_options.h"

namespace cairn::sessions {

// Takes finished records.  A record is valid during the call only.
class SessionSink {
 public:
  virtual ~SessionSink() = default;
  // `uid`: of its connection; 0: a stray's.  `is_last`: nothing more is recorded of it.
  virtual void OnSession(const SessionRecord& session, uint64_t uid, bool is_last) = 0;
};

// What was recorded.  Only grows.
struct Counters {
  uint64_t sessions = 0;           // begun
  uint64_t records = 0;            // handed on, interim ones included
  uint64_t interim_records = 0;    // of these
  uint64_t servers_forgotten = 0;  // Options::max_servers or max_host_pairs reached
};

// Keeps, beside each record of the connection table, what a session record needs, and makes the
// records (Heberlein, section 3).  A record is made when its connection leaves the table, so
// that late segments still count: at the latest Options::closing_timeout after its end.
//
// Every TCP segment belongs to a session (connections::Options::keep_strays), so the segments of
// all records are the segments of the capture.
//
// Thread-compatible.  Memory: 192 bytes a live session, 256 more if segments of it are lost,
// repeated or not believed, and the server profile's.  Cost per segment: one cache line, sometimes
// two more, which Prefetch() hides; no allocation.  Per session: some lookups in the server
// profile, and the record.
class SessionRecorder {
 public:
  // `table`: where the connections are.  Requires: it and `sink` outlive this.
  SessionRecorder(const Options& options, const connections::ConnectionTable& table,
                  const timing::Options& timing, const PrefixSet& protected_networks,
                  SessionSink& sink);

  // What most segments need.
  void Prefetch(uint32_t slot) const { __builtin_prefetch(&counts_[slot], 1); }

  // What this segment will need beside that; call it when that has arrived.
  void PrefetchRest(uint32_t slot, uint8_t flow, const Segment& segment) const;
  // What beginning the session and making its record need.
  void PrefetchWhole(uint32_t slot) const;

  // After ConnectionTracker::Observe() said `observed`, before the connection's last_data is this
  // segment's; whoever calls this keeps it for all new data.
  void OnSegment(const Segment& segment, const connections::Observation& observed);
  // As the tracker tells (connections::EndSink).
  void OnConnectionEnd(uint32_t slot, connections::EndCause cause);
  void OnConnectionForgotten(uint32_t slot, connections::EndCause cause);

  Counters counters() const;

 private:
  // A live session by its slot, for as long as a call takes.
  struct Session {
    SessionCounts& counts;
    SessionState& state;
    SessionAnomalies& anomalies;
    const connections::Connection& connection;
    uint32_t slot;
  };
  Session SessionAt(uint32_t slot) {
    return {counts_[slot], states_[slot], anomalies_[slot], table_[slot], slot};
  }

  void BeginFlow(const Session& session, const Segment& segment, unsigned flow);
  static bool TakeHistoryEvents(const Session& session, const Segment& segment,
                                const connections::Observation& observed);
  static void TakeUnbelieved(const Session& session, unsigned flow);
  static void TakeAhead(const Session& session, const Segment& segment, unsigned flow);
  static void Settle(const Session& session, unsigned flow);
  static void TakeCorrections(const Session& session, const connections::Observation& observed);
  static void WithdrawFins(const Session& session, unsigned flows);
  static void Withdraw(const Session& session, HistoryEvent event, uint8_t flag, unsigned flow);
  static void TellHistoryEvents(const Session& session, unsigned events, const SegmentDelta& delta,
                                unsigned flow);
  static void TakeRoundTrips(const Session& session, const Segment& segment, unsigned flow);
  void TakeNewData(const Session& session, const Segment& segment, unsigned flow) const;
  void TakeFirstData(const Session& session, const Segment& segment, unsigned flow) const;
  static void TakeStep(const Session& session, const Segment& segment, unsigned flow);
  void LearnServer(const Session& session, PacketTime time);
  bool IsLive(const SessionRef& session) const;
  Commander CommanderOf(const SessionRef& control, const connections::Connection& of,
                        PacketTime time) const;
  void WriteInterim(const Session& session);
  void Write(const Session& session, SessionEnd end);
  void FillSide(const Session& session, unsigned flow, SessionSide& side) const;
  bool TookPart(const connections::Connection& connection, uint32_t slot) const;

  const Options options_;
  const PacketDelta idle_threshold_;
  const PrefixSet protected_;
  const timing::PairFilter pair_filter_;
  const connections::ConnectionTable& table_;
  SessionSink& sink_;
  HugeArray<SessionCounts> counts_;
  HugeArray<SessionState> states_;
  HugeArray<SessionAnomalies> anomalies_;
  ServerProfile profile_;
  SessionRecord record_;  // reused: its strings and vectors keep their memory
  Counters counters_;
  PacketTime now_ = PacketTime::InfinitePast();  // of the newest segment
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_SESSION_RECORDER_H_
