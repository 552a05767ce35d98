// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/relay_screen.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cairn::relays {
namespace {

constexpr PacketDelta kMinute = PacketDelta::FromSeconds(60);
constexpr PacketDelta kForgetAfter = PacketDelta::FromSeconds(600);
constexpr PacketDelta kReportAgain = PacketDelta::FromSeconds(86'400);
constexpr uint32_t kMinutesPerScore = 5;
// FlowActivity::initiative from which on the server is taken for who commands, and the client
// again.
constexpr uint8_t kReversed = 6;
constexpr uint8_t kOrdinary = 1;
// Windows that a host is judged by in an hour.
constexpr double kTestsPerHour = 60.0 * kWindowMinutes.size();
// Hosts whose roles are known, for each that may be watched.
constexpr size_t kRolesPerHost = 16;
}  // namespace

RelayScreen::RelayScreen(const Options& options, const PrefixSet& protected_networks,
                         RelaySink& sink)
    : options_(options),
      protected_(protected_networks),
      sink_(sink),
      roles_(options.pairing, kRolesPerHost * options.max_hosts),
      decay_(options.slot),
      signs_(options) {}

void RelayScreen::OnActivity(const FlowActivity& activity) {
  if (!Heeds(activity.slot, activity.uid, activity.time)) return;
  Place& place = PlaceOf(activity);
  AdvanceTo(activity.time);
  const auto stretch = static_cast<uint32_t>(ActivityClock::Stretch(activity.time));
  const bool first_in_stretch = place.uid != activity.uid || place.stretch != stretch;
  if (place.uid != activity.uid) Take(place, activity);
  if (first_in_stretch) {
    place.stretch = stretch;
    FollowInitiative(place, activity);
    Ask(place, activity);
  }
  bool summed = false;
  for (unsigned side = 0; side < 2; ++side) {
    const uint32_t host = place.host[side];
    if (host == kNone) continue;
    if (!hosts_.IsHeldBy(host, activity.end[side].ip)) {
      place.host[side] = kNone;  // forgotten since
      continue;
    }
    summed = true;
    ++counters_.activities;
    AddTo(hosts_[host], activity, side, place, first_in_stretch);
  }
  place.summed = summed;
}

bool RelayScreen::Heeds(uint32_t slot, uint64_t uid, PacketTime time) const {
  if (slot >= places_.size()) return true;
  const Place& place = places_[slot];
  return place.uid != uid || place.summed ||
         place.stretch != static_cast<uint32_t>(ActivityClock::Stretch(time));
}

RelayScreen::Place& RelayScreen::PlaceOf(const FlowActivity& activity) {
  if (activity.slot >= places_.size()) places_.resize(activity.slot + size_t{1});
  return places_[activity.slot];
}

// A connection's first activity.
void RelayScreen::Take(Place& place, const FlowActivity& activity) {
  place = {.uid = activity.uid, .client_side = activity.client_side};
  if (activity.end[0].ip == activity.end[1].ip) return;
  for (unsigned side = 0; side < 2; ++side) {
    const IpAddress& address = activity.end[side].ip;
    if (!protected_.empty() && !protected_.Contains(address)) continue;
    place.counted[side] = roles_.Add(address, RoleOf(place, side), activity.time);
  }
}

// A login or a request begins at the client.  Where it is the server who ends the pauses,
// keystrokes come in on a connection that the host opened: it is commanded by it as if it had
// accepted it.
void RelayScreen::FollowInitiative(Place& place, const FlowActivity& activity) {
  if (options_.pairing != Pairing::kOppositeRoles) return;
  if (place.reversed ? activity.initiative > kOrdinary : activity.initiative < kReversed) return;
  const std::array<Role, 2> old = {RoleOf(place, 0), RoleOf(place, 1)};
  place.reversed = !place.reversed;
  for (unsigned side = 0; side < 2; ++side) {
    if (!place.counted[side]) continue;
    const IpAddress& address = activity.end[side].ip;
    roles_.Remove(address, old[side], activity.time);
    place.counted[side] = roles_.Add(address, RoleOf(place, side), activity.time);
  }
}

// Are the hosts at its ends watched, or to be watched from now on?
void RelayScreen::Ask(Place& place, const FlowActivity& activity) {
  for (unsigned side = 0; side < 2; ++side) {
    if (!place.counted[side] || place.host[side] != kNone) continue;
    const IpAddress& address = activity.end[side].ip;
    place.host[side] = hosts_.Find(address);
    if (place.host[side] == kNone && roles_.IsRipe(address, activity.time)) {
      place.host[side] = Watch(address, activity.time);
    }
  }
}

uint32_t RelayScreen::Watch(const IpAddress& address, PacketTime now) {
  if (hosts_.size() >= options_.max_hosts && !MakeRoom(now)) {
    ++counters_.hosts_left_out;
    return kNone;
  }
  auto host = std::make_unique<Host>();
  host->address = address;
  host->last_activity = now;
  if (const auto told = reported_before_.find(address); told != reported_before_.end()) {
    host->reported = told->second;
    reported_before_.erase(told);
  }
  if (options_.method == Method::kAdaptive) {
    host->centred = std::make_unique<CentredSums>(options_, decay_);
  } else {
    host->published = std::make_unique<PublishedSums>(options_);
  }
  const uint32_t number = hosts_.Insert(std::move(host));
  counters_.hosts_peak = std::max<uint64_t>(counters_.hosts_peak, hosts_.size());
  return number;
}

// The longest idle goes.  Looked for once a second at most: a table that is too small must not
// cost its length for every host that finds no room.
bool RelayScreen::MakeRoom(PacketTime now) {
  if (now < next_eviction_) return false;
  next_eviction_ = now + PacketDelta::FromSeconds(1);
  uint32_t oldest = kNone;
  for (uint32_t host = 0; host < hosts_.end(); ++host) {
    if (!hosts_.IsHeld(host)) continue;
    if (oldest == kNone || hosts_[host].last_activity < hosts_[oldest].last_activity) oldest = host;
  }
  // One that is at work stays, or hosts would push each other out before anything is known of them.
  if (oldest == kNone || now - hosts_[oldest].last_activity < kMinute) return false;
  ++counters_.hosts_evicted;
  hosts_.Erase(oldest);
  return true;
}

void RelayScreen::AddTo(Host& host, const FlowActivity& activity, unsigned side, const Place& place,
                        bool first_in_stretch) {
  const Role role = RoleOf(place, side);
  const bool incoming = activity.flow != side;
  host.last_activity = activity.time;
  ++host.activities;
  if (first_in_stretch) {
    ConnectionSummary connection = activity.Summary();
    if (activity.client_side != place.client_side) std::swap(connection.orig, connection.resp);
    connection.reversed = place.reversed;
    host.flows.Add(connection, role);
  }
  if (host.published != nullptr) return AddPublished(host, activity, incoming);
  host.centred->Add(activity, incoming, role, activity.end[1U - side].ip);
}

void RelayScreen::AddPublished(Host& host, const FlowActivity& activity, bool incoming) {
  signs_.Set(activity.uid, Role::kAccepted, 0);  // its role does not matter here
  const auto decision =
      host.published->Add(activity, incoming, signs_.incoming(), signs_.outgoing());
  if (!decision.has_value()) return;
  ++counters_.decisions;
  sums_ = host.published->decided();
  Note(host,
       {.time = activity.time,
        .host = host.address,
        .nats = decision->nats,
        .score = decision->psi,
        .freedom = static_cast<double>(options_.sums),
        .window = PacketDelta::Zero(),
        .reach = options_.slot},
       sums_);
}

void RelayScreen::OnConnectionEnd(uint32_t slot, uint64_t uid, const std::array<IpAddress, 2>& ends,
                                  PacketTime time) {
  if (slot >= places_.size() || places_[slot].uid != uid) return;
  const Place place = places_[slot];
  places_[slot] = Place();
  for (unsigned side = 0; side < 2; ++side) {
    if (!place.counted[side]) continue;
    roles_.Remove(ends[side], RoleOf(place, side), time);
  }
}

void RelayScreen::AdvanceTo(PacketTime now) {
  if (!next_review_.IsSet()) {
    next_review_ = StretchBegin(StretchNumber(now, kBlock), kBlock) + kMinute;
  }
  while (now >= next_review_) {
    Review(next_review_, false);
    // Nothing happens in a long silence.
    if (hosts_.size() == 0 && now - next_review_ > kMinute) {
      const int64_t minutes = (now - next_review_).ToNanoseconds() / kMinute.ToNanoseconds();
      next_review_ = next_review_ + kMinute * minutes;
      minutes_ += static_cast<uint64_t>(minutes);
    }
    next_review_ = next_review_ + kMinute;
  }
}

void RelayScreen::Finish(PacketTime now) {
  if (!next_review_.IsSet()) return;
  AdvanceTo(now);
  Review(now, true);
}

void RelayScreen::Review(PacketTime minute, bool last) {
  ++minutes_;
  const bool tell = last || minutes_ % kMinutesPerScore == 0;
  std::vector<uint32_t> order;
  order.reserve(hosts_.size());
  for (uint32_t host = 0; host < hosts_.end(); ++host) {
    if (hosts_.IsHeld(host)) order.push_back(host);
  }
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return hosts_[a].address < hosts_[b].address; });
  for (const uint32_t number : order) {
    Host& host = hosts_[number];
    if (host.centred != nullptr) JudgeWindows(host, minute, last);
    if (tell && host.activities > 0) {
      if (!host.score.has_value()) host.score.emplace().host = host.address;
      host.score->time = minute;
      host.score->activities = host.activities;
      host.score->reported = host.reported.IsSet();
      sink_.OnHostScore(*host.score);
      host.score.reset();
      host.activities = 0;
      host.flows.Age();
    }
    const bool reported = host.reported.IsSet() && minute - host.reported < kReportAgain;
    if (!reported && minute - host.last_activity > kForgetAfter) hosts_.Erase(number);
  }
  roles_.Sweep(minute);
}

void RelayScreen::JudgeWindows(Host& host, PacketTime now, bool last) {
  CentredSums& sums = *host.centred;
  sums.AdvanceTo(last ? now + kBlock : now);
  for (uint32_t w = 0; w < kWindowMinutes.size(); ++w) {
    const RelayScore found = sums.Score(w);
    ++counters_.decisions;
    if (found.freedom > 0) {
      sums.Read(w, found.reach, sums_);
      Note(host,
           {.time = now,
            .host = host.address,
            .nats = std::max(0.0, found.nats - std::log(kTestsPerHour)),
            .score = found.ratio,
            .freedom = found.freedom,
            .window = kBlock * found.blocks,
            .reach = options_.slot * kReaches[found.reach]},
           sums_);
    }
    if (minutes_ % kWindowMinutes[w] == 0) sums.Clear(w);
  }
}

void RelayScreen::Note(Host& host, const HostScore& score, std::vector<float>& sums) {
  if (!host.score.has_value() || score.nats > host.score->nats ||
      (score.nats == host.score->nats && score.score > host.score->score)) {
    host.score = score;
  }
  if (score.nats < -std::log(options_.false_alarm_probability)) return;
  if (host.reported.IsSet() && score.time - host.reported < kReportAgain) return;
  RelayNode finding;
  finding.flows = Contributions(host.flows, sums, SignsOf());
  // What goes back and forth between two hosts is not passed on.
  const auto peer = [&](const ConnectionSummary& connection) {
    return connection.orig.ip == host.address ? connection.resp.ip : connection.orig.ip;
  };
  const bool named = !finding.flows.empty();
  std::erase_if(finding.flows, [&](const RelayFlows& flows) {
    return peer(flows.upstream) == peer(flows.downstream);
  });
  if (named && finding.flows.empty()) return;
  host.reported = score.time;
  finding.time = score.time;
  finding.host = host.address;
  finding.method = options_.method == Method::kAdaptive ? "adaptive" : "published";
  finding.score = score.score;
  finding.nats = score.nats;
  finding.false_alarm_probability = std::exp(-score.nats);
  finding.window = score.window;
  finding.reach = score.reach;
  sink_.OnRelayNode(finding);
}

PairSigns RelayScreen::SignsOf() const {
  return [options = options_](const FlowList::Entry& a, const FlowList::Entry& b,
                              std::span<int8_t> signs) {
    ConnectionSigns of_a(options);
    ConnectionSigns of_b(options);
    of_a.Set(a.connection.uid, a.role, HostNumber(PeerOf(a.connection, a.role)));
    of_b.Set(b.connection.uid, b.role, HostNumber(PeerOf(b.connection, b.role)));
    ConnectionSigns::Product(options, of_a, of_b, signs);
  };
}

RelayCounters RelayScreen::counters() const {
  RelayCounters counters = counters_;
  counters.hosts_watched = hosts_.size();
  counters.hosts_left_out += roles_.left_out();
  return counters;
}

}  // namespace cairn::relays
