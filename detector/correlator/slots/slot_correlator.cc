// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/slot_correlator.h"

#include <algorithm>
#include <cmath>

#include "detector/correlator/slots/constant_rate.h"
#include "detector/correlator/timing/evidence_rule.h"

namespace cairn::slots {
namespace {

constexpr uint32_t kNone = 0xffffffff;

// The ages, in seconds, at which a pair is looked at; then at every kLater.
constexpr std::array<int64_t, 8> kLooks = {60, 90, 120, 180, 270, 390, 540, 780};
constexpr int64_t kLater = 300;

// Shorter pairs are not looked at when they end.
constexpr PacketDelta kShortestLife = PacketDelta::FromSeconds(45);

constexpr uint32_t kLooksPerStranger = 4;

// Where little is needed because there are few pairs, few of them hear the same broadcasts, too:
// the weaker direction need not reach more than this share of what both reach.
constexpr double kShareOfWeaker = 0.3;

const IpAddress& ServerOf(const stream::FlowInfo& flow) {
  return flow.key.ip[1U - flow.originator_side];
}
const IpAddress& ClientOf(const stream::FlowInfo& flow) {
  return flow.key.ip[flow.originator_side];
}

}  // namespace

double ScoreOf(const SlotSignificance& view, double min_weaker) {
  static const double scales_tried = std::log(static_cast<double>(kScales.size()));
  static const double ways_tried = std::log(3.0);
  constexpr double kShareOfSum = 0.7;
  const double correlated = std::max(0.0, view.nats - scales_tried);
  const double matched = view.matching.nats;
  const double together = std::max(
      0.0, std::max({correlated, matched, kShareOfSum * (correlated + matched)}) - ways_tried);
  const auto of_direction = [&view](size_t d) {
    return std::max(view.direction[d].nats, view.matching.direction_nats[d]);
  };
  const double weaker = std::min(of_direction(0), of_direction(1));
  return weaker >= min_weaker ? together : std::min(together, weaker / kShareOfWeaker);
}

uint32_t LooksUntil(PacketDelta common_life) {
  const int64_t seconds = common_life.ToSeconds();
  const auto passed = std::upper_bound(kLooks.begin(), kLooks.end(), seconds) - kLooks.begin();
  const int64_t later = seconds > kLooks.back() ? (seconds - kLooks.back()) / kLater : 0;
  return static_cast<uint32_t>(passed + later);
}

SlotCorrelator::SlotCorrelator(const Options& options, const timing::Options& timing,
                               const PrefixSet& protected_networks, SlotSink& sink)
    : options_(options),
      timing_(timing),
      filter_(timing, protected_networks),
      admission_(options, filter_),
      sink_(sink),
      looks_left_(options.max_pairs_per_review),
      strangers_(1.0 / kLooksPerStranger) {}

void SlotCorrelator::OnSecond(const stream::FlowSecond& second) {
  if (!options_.enabled || !admission_.Admits(second)) return;
  const PacketTime now = second.begin();  // what was before is known of all flows
  if (!first_.IsSet()) {
    first_ = before_.BeginAt(now);
    reviewed_ = now;
  }
  latest_ = std::max(latest_, now);
  if (now - reviewed_ >= options_.review_interval) Review(now);
  const stream::FlowInfo& flow = second.flow;
  Member& known = members_[MemberOf(second)];
  known.flow[0].originator = known.flow[1].originator = flow.originator;
  known.flow[flow.flow].reverse_seen = flow.reverse_seen;
  for (unsigned tenth = 0; tenth < stream::FlowSecond::kTenths; ++tenth) {
    if (second.segments[tenth] == 0) continue;
    known.series[flow.flow].Add(second.number * stream::FlowSecond::kTenths + tenth,
                                second.segments[tenth]);
    ++known.active_slots[flow.flow];
  }
}

// The connection, taken up when it is new.
uint32_t SlotCorrelator::MemberOf(const stream::FlowSecond& second) {
  const stream::FlowInfo& of = second.flow;
  if (of.slot >= member_of_slot_.size()) member_of_slot_.resize(of.slot + 1U, kNone);
  const uint32_t known = member_of_slot_[of.slot];
  if (known != kNone) return known;
  const uint32_t index = members_.Take();
  Member& member = members_[index];
  member.in_use = true;
  member.uid = of.uid;
  member.counted_since = second.begin();
  member.told_constant = told_before_.erase(of.uid) > 0;
  for (uint8_t flow = 0; flow < 2; ++flow) {
    member.flow[flow] = of;
    member.flow[flow].flow = flow;
  }
  member_of_slot_[of.slot] = index;
  Join(index);
  return index;
}

uint32_t SlotCorrelator::HostOf(const IpAddress& address) {
  const auto [found, is_new] = host_of_address_.try_emplace(address, 0);
  if (!is_new) return found->second;
  found->second = hosts_.Take();
  hosts_[found->second].address = address;
  return found->second;
}

void SlotCorrelator::Join(uint32_t member) {
  const stream::FlowInfo& flow = members_[member].flow[0];
  hosts_[HostOf(ServerOf(flow))].accepted.push_back(member);
  hosts_[HostOf(ClientOf(flow))].opened.push_back(member);
}

void SlotCorrelator::Remove(uint32_t member) {
  Member& gone = members_[member];
  for (const IpAddress& address : {ServerOf(gone.flow[0]), ClientOf(gone.flow[0])}) {
    const auto found = host_of_address_.find(address);
    if (found == host_of_address_.end()) continue;
    Host& host = hosts_[found->second];
    std::erase(host.accepted, member);
    std::erase(host.opened, member);
    if (!host.IsEmpty()) continue;
    hosts_.GiveBack(found->second);
    host_of_address_.erase(found);
  }
  member_of_slot_[gone.flow[0].slot] = kNone;
  gone = Member{};
  members_.GiveBack(member);
}

PacketDelta SlotCorrelator::CommonLife(uint32_t accepted, uint32_t opened, PacketTime now) const {
  return now - std::max(members_[accepted].flow[0].start, members_[opened].flow[0].start);
}

// For how long both have been counted.  Before, neither shows anything, and two that began together
// must not look alike for that.
PacketDelta SlotCorrelator::CommonSlots(uint32_t accepted, uint32_t opened, PacketTime now) const {
  const PacketTime since =
      std::max(members_[accepted].counted_since, members_[opened].counted_since);
  return std::min(CommonLife(accepted, opened, now) - options_.min_age, now - since);
}

void SlotCorrelator::Review(PacketTime now) {
  const PacketDelta since = now - reviewed_;
  reviewed_ = now;
  looks_left_ = options_.max_pairs_per_review;
  const auto hosts = hosts_.limit();
  const uint32_t begin = next_host_ < hosts ? next_host_ : 0;
  bool ran_out = false;
  for (uint32_t i = 0; i < hosts; ++i) {
    const uint32_t host = begin + i < hosts ? begin + i : begin + i - hosts;
    if (hosts_[host].accepted.empty() || hosts_[host].opened.empty()) continue;
    ReviewHost(hosts_[host], now, since);
    if (looks_left_ == 0 && !ran_out) {
      ran_out = true;
      next_host_ = host + 1;
    }
  }
}

void SlotCorrelator::ReviewHost(const Host& host, PacketTime now, PacketDelta since) {
  for (const uint32_t accepted : host.accepted) {
    for (const uint32_t opened : host.opened) {
      const PacketDelta life = CommonLife(accepted, opened, now);
      const uint32_t look = LooksUntil(life);
      if (look == LooksUntil(life - since)) continue;
      if (MaySee(accepted, opened)) LookAt(accepted, opened, look, now);
    }
  }
}

void SlotCorrelator::Read(uint32_t member, const Scale& scale, PacketTime now, size_t length,
                          std::array<Activity, 2>& out) {
  counts_.resize(length);
  const int64_t end = now.ToNanoseconds() / scale.slot.ToNanoseconds();
  for (size_t flow = 0; flow < 2; ++flow) {
    members_[member].series[flow].Read(scale, end, counts_);
    out[flow].Set(counts_, scale);
  }
}

// The best of the scales, and what matches; nullopt when there is nothing to be seen.
std::optional<SlotSignificance> SlotCorrelator::Compare(uint32_t accepted, uint32_t opened,
                                                        PacketTime now) {
  const stream::FlowInfo& in = members_[accepted].client_to_server();
  const stream::FlowInfo& out = members_[opened].client_to_server();
  const PacketDelta life = CommonSlots(accepted, opened, now);
  if (life <= PacketDelta::Zero()) return std::nullopt;
  const auto length_in = [life](const Scale& scale) {
    return std::min(static_cast<size_t>(life.ToNanoseconds() / scale.slot.ToNanoseconds()),
                    scale.kept);
  };
  std::optional<SlotSignificance> best;
  for (const Scale& scale : kScales) {
    const size_t length = length_in(scale);
    Read(accepted, scale, now, length, activity_[0]);
    Read(opened, scale, now, length, activity_[1]);
    const std::array<Direction, 2> directions = {
        Direction{&activity_[0][in.flow], &activity_[1][out.flow]},
        Direction{&activity_[1][1U - out.flow], &activity_[0][1U - in.flow]}};
    if (!SlotCorrelation::IsWorthwhile(directions, scale)) continue;
    ++counters_.looks_in_full;
    const SlotSignificance view = correlation_.View(directions, scale);
    if (!best.has_value() ||
        ScoreOf(view, timing_.min_weaker_evidence) > ScoreOf(*best, timing_.min_weaker_evidence)) {
      best = view;
    }
  }
  if (best.has_value()) {
    best->matching = Match(accepted, opened, now, length_in(kScales[kFineScale]));
  }
  return best;
}

MatchSignificance SlotCorrelator::Match(uint32_t accepted, uint32_t opened, PacketTime now,
                                        size_t length) {
  const Scale& scale = kScales[kFineScale];
  const int64_t end = now.ToNanoseconds() / scale.slot.ToNanoseconds();
  for (size_t flow = 0; flow < 2; ++flow) {
    for (const auto& [member, counts] :
         {std::pair{accepted, &fine_counts_[0][flow]}, std::pair{opened, &fine_counts_[1][flow]}}) {
      counts->resize(length);
      members_[member].series[flow].Read(scale, end, *counts);
    }
  }
  const uint8_t in = members_[accepted].client_to_server().flow;
  const uint8_t out = members_[opened].client_to_server().flow;
  return matching_.View({CountedDirection{fine_counts_[0][in], fine_counts_[1][out]},
                         CountedDirection{fine_counts_[1][1U - out], fine_counts_[0][1U - in]}});
}

// What it is worth at this look.
double SlotCorrelator::Score(const SlotSignificance& view, uint32_t look) const {
  const double looks = look;
  return std::max(0.0, ScoreOf(view, timing_.min_weaker_evidence) - std::log(looks * (looks + 1)));
}

// Has either sent too little to be judged?  Most connections have.
bool SlotCorrelator::MaySee(uint32_t accepted, uint32_t opened) const {
  const auto least = [](const Member& member) {
    return std::min(member.active_slots[0], member.active_slots[1]);
  };
  return std::min(least(members_[accepted]), least(members_[opened])) >=
         SlotCorrelation::kFewestActive;
}

void SlotCorrelator::LookAt(uint32_t accepted, uint32_t opened, uint32_t look, PacketTime now) {
  const stream::FlowInfo& in = members_[accepted].client_to_server();
  if (!filter_.MayPair(in, members_[opened].client_to_server())) return;
  if (looks_left_ == 0) {
    ++counters_.looks_dropped;
    return;
  }
  --looks_left_;
  ++counters_.looks;
  if (look == 1) ++counters_.pairs;
  spent_ += 1.0 / look / (look + 1);
  // Of the second at hand, only flows that ended are known.
  const PacketTime known =
      StretchBegin(StretchNumber(now, stream::FlowSecond::kLength), stream::FlowSecond::kLength);
  CompareWithStranger(accepted, opened, known);
  if (SendConstantRates(accepted, opened, known)) {
    if (members_[opened].told_constant) return;
    members_[opened].told_constant = true;
    sink_.OnConstantRate(in, members_[opened].client_to_server(), now);
    return;
  }
  const std::optional<SlotSignificance> view = Compare(accepted, opened, known);
  if (!view.has_value()) return;
  const PacketDelta elapsed = now - first_;
  const double allowed = timing_.false_alarms_per_day / timing::kTests;
  const auto tries = static_cast<uint64_t>(std::ceil(spent_));
  Confidence confidence;
  confidence.nats = Score(*view, look);
  const timing::NullScores* measured = timing_.calibrate ? &strangers_ : nullptr;
  confidence.needed = timing::NeededNats(tries, elapsed, allowed, measured);
  if (confidence.nats < confidence.needed) return;
  confidence.false_alarms_per_day =
      timing::FalseAlarmsPerDay(tries, elapsed, confidence.nats, measured);
  sink_.OnCorrelation(in, members_[opened].server_to_client(), *view, confidence, now);
}

// Then whatever moves together is their clocks' beat with the slots.
bool SlotCorrelator::SendConstantRates(uint32_t accepted, uint32_t opened, PacketTime now) {
  const PacketDelta life = CommonSlots(accepted, opened, now);
  if (life <= PacketDelta::Zero()) return false;
  counts_.resize(std::min(static_cast<size_t>(life.ToNanoseconds() / kHalfSecond.ToNanoseconds()),
                          kHalves.kept));
  const int64_t end = now.ToNanoseconds() / kHalfSecond.ToNanoseconds();
  for (const uint32_t member : {accepted, opened}) {
    members_[member].series[members_[member].client_to_server().flow].Read(kHalves, end, counts_);
    if (!IsConstantRate(counts_)) return false;
  }
  return true;
}

// For every fourth look, one at a pair that cannot be a stepping stone: the connection that another
// host opened takes the place of this host's.
void SlotCorrelator::CompareWithStranger(uint32_t accepted, uint32_t opened, PacketTime now) {
  constexpr uint32_t kMostTried = 8;
  if (!timing_.calibrate || counters_.looks % kLooksPerStranger != 0) return;
  const stream::FlowInfo& in = members_[accepted].client_to_server();
  const stream::FlowInfo& out = members_[opened].client_to_server();
  const auto members = members_.limit();
  for (uint32_t i = 1; i <= std::min(kMostTried, members - 1); ++i) {
    const uint32_t other = (opened + i) % members;
    if (!members_[other].in_use || other == accepted) continue;
    const stream::FlowInfo& stranger = members_[other].client_to_server();
    if (stranger.source() == out.source() || stranger.destination() == out.destination() ||
        stranger.source() == in.destination() || !filter_.MayPair(in, stranger)) {
      continue;
    }
    const uint32_t look = LooksUntil(CommonLife(accepted, other, now));
    if (look == 0) continue;
    const std::optional<SlotSignificance> view = Compare(accepted, other, now);
    strangers_.Add(0, view.has_value() ? Score(*view, look) : 0);
    return;
  }
}

void SlotCorrelator::OnConnectionEnd(uint32_t slot, uint64_t uid,
                                     const std::array<IpAddress, 2>& ends, PacketTime time) {
  admission_.OnConnectionEnd(slot, ends);
  if (!told_before_.empty()) told_before_.erase(uid);
  if (slot >= member_of_slot_.size()) return;
  const uint32_t member = member_of_slot_[slot];
  if (member == kNone || members_[member].uid != uid) return;
  const auto last_look = [&](uint32_t accepted, uint32_t opened) {
    const PacketDelta life = CommonLife(accepted, opened, time);
    if (life < kShortestLife || !MaySee(accepted, opened)) return;
    LookAt(accepted, opened, LooksUntil(life) + 1, time);
  };
  const stream::FlowInfo flow = members_[member].flow[0];
  if (const auto server = host_of_address_.find(ServerOf(flow)); server != host_of_address_.end()) {
    for (const uint32_t opened : hosts_[server->second].opened) last_look(member, opened);
  }
  if (const auto client = host_of_address_.find(ClientOf(flow)); client != host_of_address_.end()) {
    for (const uint32_t accepted : hosts_[client->second].accepted) last_look(accepted, member);
  }
  Remove(member);
}

SlotCounters SlotCorrelator::counters() const {
  SlotCounters counters = counters_;
  counters.connections_left_out = admission_.left_out();
  return counters;
}

}  // namespace cairn::slots
