// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_TIME_SLIDE_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_TIME_SLIDE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detector/correlator/timing/correlator.h"
#include "detector/correlator/timing/null_scores.h"
#include "detector/stream/onset.h"
#include "detector/stream/pair_filter.h"
#include "detector/stream/timing_options.h"

namespace cairn::timing {

// The site's own traffic, with some connections delayed against the others: what is found in it is
// found by chance.  Searches for gravitational waves measure their false alarms in this way (Was et
// al. 2010, "On the background estimation by time slides").
//
// A quarter of the connections, chosen by their numbers (stream/connection_id.h), are delayed by
// kShift, another quarter are not, and a correlator of its own compares the ones with the others.
// It sees the same people, with their habits, clocks and hours of the day; what it cannot see is
// what happens on many connections at one moment (a broadcast), which is no chance.
//
// Only what may take part in pairs waits.  Where more would wait than there is room for, onsets are
// left out, flows' first ones sooner; and a connection that ends then ends at once, with those of
// its onsets that still wait, so that no end is lost and none comes without its onsets.
//
// Thread-compatible.  Deterministic.  Cost: about a quarter of the correlator's.  Memory: onsets
// and ends of kShift, at most kMostWaiting, 200 bytes each, a quarter of the correlator's pairs,
// and 16 bytes for each slot of the connection table.
class TimeSlide {
 public:
  static constexpr PacketDelta kShift = PacketDelta::FromMilliseconds(47'300);
  static constexpr size_t kMostWaiting = 65'536;

  TimeSlide(const Options& options, const PrefixSet& protected_networks);

  // An onset in this slot will probably come soon: fetches what that will need.
  void Prefetch(uint32_t slot, uint64_t uid, const IpAddress& source) const;
  // The same calls as the correlator gets, in the same order.
  void OnOnset(const Onset& onset);
  void OnConnectionEnd(uint32_t slot, uint64_t uid, SessionEnd cause, PacketTime time);

  const std::array<NullScores, kKinds>& scores() const { return scores_; }
  // What was measured; the comparisons begin anew.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(scores_);
  }
  // Onsets and ends left out for want of room.
  uint64_t dropped() const { return dropped_; }
  size_t waiting() const { return waiting_.size(); }

 private:
  // What happens at `onset.time`.
  struct Event {
    Onset onset;
    bool is_end = false;
    SessionEnd cause = SessionEnd::kClosed;
  };

  // Of a slot of the connection table.
  struct Owner {
    uint64_t uid = 0;        // that had an onset here and has not ended
    uint64_t cut_until = 0;  // what began to wait before so many had is not wanted
  };

  void Deliver(const Onset& onset);
  void DeliverEnd(uint32_t slot, uint64_t uid, SessionEnd cause, PacketTime time);
  void DeliverUntil(PacketTime time);
  void PrefetchSoon() const;
  void Delay(const Onset& onset);
  bool HasRoomFor(const Onset& onset) const;

  const PairFilter filter_;
  std::array<NullScores, kKinds> scores_;
  Correlator correlator_;
  std::deque<Event> waiting_;
  uint64_t delivered_ = 0;   // of all that ever waited
  uint64_t cuts_until_ = 0;  // no cut concerns what comes to wait behind so many
  std::vector<Owner> owners_;
  uint64_t dropped_ = 0;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_TIME_SLIDE_H_
