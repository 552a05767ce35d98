// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_CORRELATOR_H_
#define CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_CORRELATOR_H_

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "base/address.h"
#include "base/slot_pool.h"
#include "base/time.h"
#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/connection_slots.h"
#include "detector/correlator/slots/admission.h"
#include "detector/correlator/slots/matching.h"
#include "detector/correlator/slots/slot_correlation.h"
#include "detector/correlator/slots/slot_series.h"
#include "detector/correlator/timing/evidence_rule.h"
#include "detector/correlator/timing/null_scores.h"
#include "detector/correlator/timing/watched_before.h"
#include "detector/findings/event.h"
#include "detector/stream/flow_second.h"
#include "detector/stream/pair_filter.h"
#include "detector/stream/slot_options.h"
#include "detector/stream/timing_options.h"

namespace cairn::slots {

class SlotSink {
 public:
  virtual ~SlotSink() = default;
  // Two connections that meet at a host, one accepted and one opened there, send in the same slots.
  // `accepted` and `opened` describe their flows that run towards the host.  May be told again of
  // the same two.  significance.direction[0]: from `accepted` on to `opened`.
  virtual void OnCorrelation(const stream::FlowInfo& accepted, const stream::FlowInfo& opened,
                             const SlotSignificance& significance, const Confidence& confidence,
                             PacketTime time) = 0;
  // What the clients of both send never varies, so it cannot be decided whether one is relayed to
  // the other.  Called once for each opened connection.
  virtual void OnConstantRate(const stream::FlowInfo& accepted, const stream::FlowInfo& opened,
                              PacketTime time) = 0;
};

// What was done and what had to be dropped.
struct SlotCounters {
  uint64_t pairs = 0;                 // ever compared
  uint64_t looks = 0;                 // comparisons made ...
  uint64_t looks_in_full = 0;         // ... of these, against shifted copies, too
  uint64_t looks_dropped = 0;         // max_pairs_per_review reached since the last review
  uint64_t connections_left_out = 0;  // Admission::left_out()
};

// Compares, by their slots, the connections that meet at one host: those that it accepted with
// those that it opened.  That is the shape of a login that goes on; of the pairs that have none of
// it (reverse tunnels, indirect pairs) onsets alone decide.
//
// A pair is looked at when its common life passes 60 s, 90 s, and so on (kLooks), then every five
// minutes, and when either connection ends.  Looking again gives chance another try, so look k has
// 1/(k (k + 1)) of the false alarms to spend; the sum over all looks is one.  What strangers reach
// is measured, too: for every fourth look one of the two is compared with another host's
// connection.
//
// Cost: O(1) per second of a flow; per review, O(slots) for each pair that is due and O(slots *
// shifts) for the few that the screen lets pass.  Memory: about 7 kB for each connection whose
// slots come (Admission bounds them).  Thread-compatible. Deterministic: everything goes by the
// times and the order of the calls.
class SlotCorrelator {
 public:
  // Requires: `sink` outlives this.  `timing`: what may be compared, and the false alarms allowed.
  SlotCorrelator(const Options& options, const timing::Options& timing,
                 const PrefixSet& protected_networks, SlotSink& sink);

  void Prefetch(const stream::FlowSecond& second) const { admission_.Prefetch(second.flow.slot); }
  void PrefetchRoles(const stream::FlowSecond& second) const { admission_.PrefetchRoles(second); }
  // Requires: seconds do not decrease.
  void OnSecond(const stream::FlowSecond& second);
  // `ends`: its hosts, by side.
  void OnConnectionEnd(uint32_t slot, uint64_t uid, const std::array<IpAddress, 2>& ends,
                       PacketTime time);

  SlotCounters counters() const;

  // What strangers reached, how much was tried in how much time, and which connections were told to
  // be at a constant rate.  The slots begin anew.
  void Save(checkpoint::Writer& out) const;
  // To be called before anything else.  `slots`: the connections that the sensor knows.
  void Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots);
  // Those that were told to be at a constant rate.
  void AddConnections(checkpoint::Connections& connections) const;

 private:
  struct Member {
    bool in_use = false;
    std::array<stream::FlowInfo, 2> flow;
    std::array<SlotSeries, 2> series;        // by flow
    std::array<uint64_t, 2> active_slots{};  // ever, by flow
    uint64_t uid = 0;
    PacketTime counted_since;  // its slots are known from then on
    bool told_constant = false;

    const stream::FlowInfo& client_to_server() const { return flow[flow[0].originator_side]; }
    const stream::FlowInfo& server_to_client() const { return flow[1U - flow[0].originator_side]; }
  };
  struct Host {
    IpAddress address;
    std::vector<uint32_t> accepted;  // members, in the order of their coming
    std::vector<uint32_t> opened;

    bool IsEmpty() const { return accepted.empty() && opened.empty(); }
  };

  uint32_t MemberOf(const stream::FlowSecond& second);
  void Join(uint32_t member);
  void Remove(uint32_t member);
  uint32_t HostOf(const IpAddress& address);

  void Review(PacketTime now);
  void ReviewHost(const Host& host, PacketTime now, PacketDelta since);
  bool MaySee(uint32_t accepted, uint32_t opened) const;
  void LookAt(uint32_t accepted, uint32_t opened, uint32_t look, PacketTime now);
  PacketDelta CommonLife(uint32_t accepted, uint32_t opened, PacketTime now) const;
  PacketDelta CommonSlots(uint32_t accepted, uint32_t opened, PacketTime now) const;
  void Read(uint32_t member, const Scale& scale, PacketTime now, size_t length,
            std::array<Activity, 2>& out);
  std::optional<SlotSignificance> Compare(uint32_t accepted, uint32_t opened, PacketTime now);
  MatchSignificance Match(uint32_t accepted, uint32_t opened, PacketTime now, size_t length);
  void CompareWithStranger(uint32_t accepted, uint32_t opened, PacketTime now);
  bool SendConstantRates(uint32_t accepted, uint32_t opened, PacketTime now);
  double Score(const SlotSignificance& view, uint32_t look) const;

  const Options options_;
  const timing::Options timing_;
  const timing::PairFilter filter_;
  Admission admission_;
  SlotSink& sink_;
  SlotPool<Member> members_;
  std::vector<uint32_t> member_of_slot_;  // by the sensor's slot numbers
  SlotPool<Host> hosts_;
  absl::flat_hash_map<IpAddress, uint32_t> host_of_address_;  // never walked
  uint32_t next_host_ = 0;                                    // where the next review begins
  double spent_ = 0;  // the sum of 1/(k (k + 1)) over all looks: as many pairs with all of theirs
  uint64_t looks_left_;           // until the next review
  timing::WatchedBefore before_;  // by earlier runs
  PacketTime first_ = PacketTime::InfinitePast();
  PacketTime latest_ = PacketTime::InfinitePast();
  PacketTime reviewed_ = PacketTime::InfinitePast();
  SlotCorrelation correlation_;
  Matching matching_;
  std::array<std::array<Activity, 2>, 2> activity_;  // [accepted, opened][flow]
  std::vector<uint8_t> counts_;
  std::array<std::array<std::vector<uint8_t>, 2>, 2> fine_counts_;  // [accepted, opened][flow]
  timing::NullScores strangers_;
  // Told to be at a constant rate by earlier runs, and not admitted since.
  absl::flat_hash_set<uint64_t> told_before_;
  SlotCounters counters_;
};

// What correlation and matching are worth together, less what having tried both, and all scales,
// costs.  They are of the same traffic, so their nats do not add up: the larger counts, or seven
// tenths of the sum.
//
// Two connections that hear the same broadcasts move together in one direction only: in both there
// must be `min_weaker` nats, or three tenths of what is claimed.
double ScoreOf(const SlotSignificance& view, double min_weaker);

// How many looks a pair of this common life has had.
uint32_t LooksUntil(PacketDelta common_life);

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_CORRELATOR_SLOTS_SLOT_CORRELATOR_H_
