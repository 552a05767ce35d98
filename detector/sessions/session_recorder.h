// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SESSIONS_SESSION_RECORDER_H_
#define CAIRN_DETECTOR_SESSIONS_SESSION_RECORDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "capture/address.h"
#include "capture/segment.h"
#include "detector/connections/connection_tracker.h"
#include "detector/connections/huge_array.h"
#include "detector/findings/session_record.h"
#include "detector/sessions/aging_map.h"
#include "detector/sessions/options.h"
#include "detector/sessions/server_profile.h"
#include "detector/sessions/session_state.h"
#include "detector/timing/options.h"
#include "detector/timing/pair_filter.h"

namespace cairn::sessions {

// Takes finished records.  A record is valid during the call only.
class SessionSink {
 public:
  virtual ~SessionSink() = default;
  virtual void OnSession(const SessionRecord& session) = 0;
};

// What was recorded.  Only grows.
struct Counters {
  uint64_t sessions = 0;           // begun
  uint64_t records = 0;            // handed on, interim ones included
  uint64_t interim_records = 0;    // of these
  uint64_t alerts_left_out = 0;    // beyond the 16 that a record names
  uint64_t servers_forgotten = 0;  // Options::max_servers or max_host_pairs reached
};

// Keeps, beside each record of the connection table, what a session record needs, and makes the
// records (Heberlein, section 3).  A record is made when its connection leaves the table, so
// that late segments still count: at the latest Options::closing_timeout after its end.
//
// Every TCP segment belongs to a session (connections::Options::keep_strays), so the segments of
// all records are the segments of the capture.
//
// Thread-compatible.  Memory: 320 bytes a live session, and the server profile's.  Cost per
// segment: one to three cache lines of the slot, of which Prefetch() hides the first; no
// allocation.  Per session: some lookups in the server profile, and the record.
class SessionRecorder {
 public:
  // Requires: `sink` outlives this.
  SessionRecorder(const Options& options, const connections::Options& connections,
                  const timing::Options& timing, const PrefixSet& protected_networks,
                  SessionSink& sink);

  // What most segments of this flow need.
  void Prefetch(uint32_t slot, uint8_t flow) const;

  // What making the record needs.
  void PrefetchWhole(uint32_t slot) const;

  // After ConnectionTracker::Observe() said `observed`, before anybody changed `connection`.
  void OnSegment(const Segment& segment, const connections::Connection& connection,
                 const connections::Observation& observed);
  // As the tracker tells (connections::EndSink).
  void OnConnectionEnd(uint32_t slot, connections::EndCause cause);
  void OnConnectionForgotten(uint32_t slot, const connections::Connection& connection,
                             connections::EndCause cause);
  // An alert names the connection `uid`.
  void OnAlert(uint64_t uid, const std::string& alert_id);

  Counters counters() const;

 private:
  void BeginFlow(SessionState& state, const Segment& segment, unsigned flow);
  static void TakeHappenings(SessionState& state, const Segment& segment,
                             const connections::Observation& observed);
  static void TakeRoundTrips(SessionState& state, const Segment& segment, unsigned flow);
  void TakeNewData(SessionState& state, const Segment& segment, unsigned flow);
  static void TakeShutdown(SessionState& state, const Segment& segment,
                           const connections::Connection& connection, unsigned flow);
  void LearnServer(SessionState& state, const connections::Connection& connection, uint32_t slot,
                   PacketTime time);
  Commander CommanderOf(const ControlPlace& control, PacketTime time) const;
  void WriteInterim(SessionState& state, const connections::Connection& connection,
                    const connections::Observation& observed);
  void Write(const SessionState& state, const connections::Connection& connection, uint32_t slot,
             SessionEnd end);
  void FillSide(const SessionState& state, const connections::Connection& connection, unsigned flow,
                SessionSide& side) const;
  bool TookPart(const connections::Connection& connection, uint32_t slot) const;

  const Options options_;
  const PacketDelta idle_threshold_;
  const PrefixSet protected_;
  const timing::PairFilter pair_filter_;
  SessionSink& sink_;
  connections::HugeArray<SessionState> states_;
  ServerProfile profile_;
  AgingMap<uint64_t, std::vector<std::string>> alerts_;  // by connection uid
  SessionRecord record_;  // reused: its strings and vectors keep their memory
  Counters counters_;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SESSIONS_SESSION_RECORDER_H_
