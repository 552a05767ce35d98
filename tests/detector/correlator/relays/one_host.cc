// SPDX-License-Identifier: BSD-3-Clause
#include "tests/detector/correlator/relays/one_host.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "detector/correlator/relays/flow_activity.h"
#include "detector/correlator/relays/signs.h"

namespace cairn::testing {

HostTraffic& HostTraffic::Send(PacketTime time, uint64_t uid, bool incoming, relays::Role role) {
  events_.push_back({.time = time, .uid = uid, .incoming = incoming, .role = role});
  return *this;
}

HostTraffic& HostTraffic::Random(uint64_t seed, uint64_t uid, bool incoming, relays::Role role,
                                 PacketTime start, PacketDelta length, PacketDelta mean_gap) {
  const PacketTime end = start + length;
  PacketTime at = start;
  for (uint32_t i = 0;; ++i) {
    const uint64_t bits = relays::SignWord(seed * 1000 + uid, 1'000'000 + i);
    const double uniform = (static_cast<double>(bits >> 11U) + 1) / 9007199254740993.0;
    at = at + PacketDelta::FromNanoseconds(
                  std::llround(-std::log(uniform) * static_cast<double>(mean_gap.ToNanoseconds())));
    if (at >= end) return *this;
    Send(at, uid, incoming, role);
  }
}

HostTraffic& HostTraffic::Clock(uint64_t uid, bool incoming, relays::Role role, PacketTime start,
                                PacketDelta length, PacketDelta period) {
  for (PacketTime at = start; at < start + length; at = at + period) Send(at, uid, incoming, role);
  return *this;
}

HostTraffic& HostTraffic::PassOn(uint64_t from, uint64_t to, PacketDelta delay) {
  const std::vector<HostEvent> before = events_;
  for (const HostEvent& event : before) {
    if (event.uid == from && event.incoming) {
      Send(event.time + delay, to, false, relays::Role::kOpened);
    }
  }
  return *this;
}

std::vector<HostEvent> HostTraffic::Sorted() const {
  std::vector<HostEvent> sorted = events_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const HostEvent& a, const HostEvent& b) { return a.time < b.time; });
  return sorted;
}

IpAddress HostTraffic::PeerOf(uint64_t uid) {
  return IpAddress::FromV4(0xc6336400U + static_cast<uint32_t>(uid % 4 == 3 ? uid - 1 : uid));
}

void HostTraffic::PlayTo(relays::CentredSums& sums, PacketTime end) const {
  std::map<std::pair<uint64_t, bool>, PacketTime> last;
  for (const HostEvent& event : Sorted()) {
    PacketTime& previous =
        last.try_emplace({event.uid, event.incoming}, PacketTime::InfinitePast()).first->second;
    relays::FlowActivity activity;
    activity.uid = event.uid;
    activity.time = event.time;
    activity.previous = std::exchange(previous, event.time);
    sums.Add(activity, event.incoming, event.role, PeerOf(event.uid));
  }
  sums.AdvanceTo(end);
}

}  // namespace cairn::testing
