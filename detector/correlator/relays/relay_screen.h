// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_RELAY_SCREEN_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_RELAY_SCREEN_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "base/time.h"
#include "detector/checkpoint/archive.h"
#include "detector/correlator/relays/centred_sums.h"
#include "detector/correlator/relays/connection_signs.h"
#include "detector/correlator/relays/flow_activity.h"
#include "detector/correlator/relays/flow_list.h"
#include "detector/correlator/relays/host_table.h"
#include "detector/correlator/relays/published_sums.h"
#include "detector/correlator/relays/role_table.h"
#include "detector/findings/event.h"
#include "detector/stream/relay_options.h"

namespace cairn::relays {

// What was done and what had to be dropped.
struct RelayCounters {
  uint64_t activities = 0;     // of connections of hosts that are watched
  uint64_t hosts_watched = 0;  // now
  uint64_t hosts_peak = 0;
  uint64_t hosts_evicted = 0;   // for want of room
  uint64_t hosts_left_out = 0;  // how often a new host found no room
  uint64_t decisions = 0;       // windows, or terms, judged
};

class RelaySink {
 public:
  virtual ~RelaySink() = default;
  // A host passes on what it receives.  Once a day at most for each host, unless it had to make way
  // for others meanwhile.  `finding` has no alert id, policy or packets_lost yet.
  virtual void OnRelayNode(const RelayNode& finding) = 0;
  // What each watched host with any activity showed, every five minutes, in the order of addresses.
  virtual void OnHostScore(const HostScore& score) = 0;
};

// Finds hosts that relay, in time linear in packets (Coskun & Memon 2007): every host inside the
// protected networks (without any: every host) that both accepts and opens connections is watched
// by its sums.
//
// Thread-compatible.  Deterministic: goes by packet time and the order of calls alone.  Cost: O(K)
// for an activity of a watched host, O(1) for another; each minute O(hosts K).  Memory: about 132 K
// bytes + 6 kB for each of Options::max_hosts hosts, and 24 bytes for each slot of the connection
// table.
class RelayScreen {
 public:
  // Requires: `sink` outlives the screen.
  RelayScreen(const Options& options, const PrefixSet& protected_networks, RelaySink& sink);

  // An activity of the connection in `slot` will come soon.
  void Prefetch(uint32_t slot) const {
    if (slot >= places_.size()) return;
    __builtin_prefetch(&places_[slot], 1);
    __builtin_prefetch(&places_[slot].stretch, 1);  // may lie in the next line
  }
  // Does OnActivity() heed such an activity?  Of a connection whose hosts are not watched, only the
  // first in each stretch.
  bool Heeds(uint32_t slot, uint64_t uid, PacketTime time) const;
  // Whether anything would have to be forgotten at its end.
  bool Knows(uint32_t slot, uint64_t uid) const {
    return slot < places_.size() && places_[slot].uid == uid;
  }
  // Requires: times do not decrease.
  void OnActivity(const FlowActivity& activity);
  // The connection in `slot` of the connection table has ended; `ends`: its hosts, by side.
  void OnConnectionEnd(uint32_t slot, uint64_t uid, const std::array<IpAddress, 2>& ends,
                       PacketTime time);
  // Judges the minutes that have passed.
  void AdvanceTo(PacketTime now);
  // Judges what has come since the last full minute, too.  Call once, last.
  void Finish(PacketTime now);

  RelayCounters counters() const;

  // Which hosts were told of in the last day; the sums begin anew.
  void Save(checkpoint::Writer& out) const;
  // To be called before anything else.
  void Restore(checkpoint::Reader& in);

 private:
  struct Host {
    IpAddress address;
    std::unique_ptr<CentredSums> centred;
    std::unique_ptr<PublishedSums> published;
    FlowList flows;
    PacketTime last_activity;
    PacketTime reported = PacketTime::InfinitePast();
    uint32_t activities = 0;         // since the last score was told
    std::optional<HostScore> score;  // the most improbable since then
  };
  static constexpr uint32_t kNone = HostTable<Host>::kNone;
  // What is known of a connection: the watched hosts at its ends.
  struct Place {
    uint64_t uid = 0;                               // 0: nothing is known
    std::array<uint32_t, 2> host = {kNone, kNone};  // in hosts_, by side
    std::array<bool, 2> counted{};                  // in the role table, by side
    uint8_t client_side = 0;
    bool reversed : 1 = false;  // mostly the server speaks first, as through a reverse tunnel
    bool summed : 1 = false;    // a host at either end was watched at its latest activity
    uint32_t stretch = 0;       // in which it was last looked at; counted modulo 2^32, 2,300 years
  };
  static_assert(sizeof(Place) == 24);

  Place& PlaceOf(const FlowActivity& activity);
  void Take(Place& place, const FlowActivity& activity);
  void Ask(Place& place, const FlowActivity& activity);
  void FollowInitiative(Place& place, const FlowActivity& activity);
  static Role RoleOf(const Place& place, unsigned side) {
    return (side == place.client_side) != place.reversed ? Role::kOpened : Role::kAccepted;
  }
  uint32_t Watch(const IpAddress& address, PacketTime now);
  bool MakeRoom(PacketTime now);

  void AddTo(Host& host, const FlowActivity& activity, unsigned side, const Place& place,
             bool first_in_stretch);
  void AddPublished(Host& host, const FlowActivity& activity, bool incoming);
  void Review(PacketTime minute, bool last);
  void JudgeWindows(Host& host, PacketTime now, bool last);
  void Note(Host& host, const HostScore& score, std::vector<float>& sums);
  PairSigns SignsOf() const;

  const Options options_;
  const PrefixSet protected_;
  RelaySink& sink_;
  RoleTable roles_;
  HostTable<Host> hosts_;
  std::vector<Place> places_;  // by the connection table's slots
  PacketTime next_review_ = PacketTime::InfinitePast();
  PacketTime next_eviction_ = PacketTime::InfinitePast();
  uint64_t minutes_ = 0;  // reviewed
  const Decay decay_;
  ConnectionSigns signs_;  // of the activity at hand
  std::vector<float> sums_;
  // Told of by earlier runs, and not watched since.
  absl::flat_hash_map<IpAddress, PacketTime> reported_before_;
  RelayCounters counters_;
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_RELAY_SCREEN_H_
