// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/session_timeline.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace cairn::surveys {
namespace {

bool Carries(const SessionRecord& session, std::string_view alert) {
  return std::find(session.alerts.begin(), session.alerts.end(), alert) != session.alerts.end();
}

bool CarriesAny(const SessionRecord& session, const std::vector<std::string>& alerts) {
  return std::any_of(alerts.begin(), alerts.end(),
                     [&](const std::string& alert) { return Carries(session, alert); });
}

auto Place(const SessionRecord& session) {
  return std::tie(session.first_time, session.id, session.client().end, session.server().end,
                  session.last_time);
}

bool Earlier(const TimelineEntry& a, const TimelineEntry& b) {
  return Place(a.session) < Place(b.session);
}

// Without a sign: stored times may be centuries apart.
uint64_t DistanceFrom(PacketTime first, PacketTime last, PacketTime time) {
  const auto ns = [](PacketTime t) { return static_cast<uint64_t>(t.ToNanoseconds()); };
  if (time < first) return ns(first) - ns(time);
  return time > last ? ns(time) - ns(last) : 0;
}

}  // namespace

void AlertSessions::Add(const SessionRecord& session) {
  if (!Carries(session, alert_)) return;
  ++count_;
  first_ = std::min(first_, session.first_time);
  last_ = std::max(last_, session.last_time);
  const IpAddress& client = session.client().end.ip;
  const IpAddress& server = session.server().end.ip;
  CountHost(client);
  if (server != client) CountHost(server);
}

void AlertSessions::CountHost(const IpAddress& host) {
  if (sessions_of_.contains(host) || sessions_of_.size() < kMostHosts) ++sessions_of_[host];
}

std::vector<IpAddress> AlertSessions::SharedHosts() const {
  std::vector<IpAddress> shared;
  for (const auto& [host, sessions] : sessions_of_) {
    if (sessions == count_) shared.push_back(host);
  }
  std::sort(shared.begin(), shared.end());
  return shared;
}

std::vector<IpAddress> AlertSessions::Hosts() const {
  std::vector<std::pair<uint64_t, IpAddress>> ranked;
  for (const auto& [host, sessions] : sessions_of_) ranked.emplace_back(sessions, host);
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<IpAddress> hosts;
  hosts.reserve(ranked.size());
  for (const auto& [sessions, host] : ranked) hosts.push_back(host);
  return hosts;
}

bool SessionTimeline::Before(const Kept& a, const Kept& b) {
  if (a.entry.of_alert != b.entry.of_alert) return a.entry.of_alert;
  if (a.distance != b.distance) return a.distance < b.distance;
  return Earlier(a.entry, b.entry);
}

void SessionTimeline::Add(const SessionRecord& session) {
  const bool of_alert = CarriesAny(session, query_.alerts);
  if (!query_.host.has_value() && !of_alert) return;
  const bool outgoing = !query_.host.has_value() || session.client().end.ip == *query_.host;
  if (!outgoing && session.server().end.ip != *query_.host) return;
  if (session.first_time > query_.to || session.last_time < query_.from) return;
  Kept kept{.entry = {.session = session, .outgoing = outgoing, .of_alert = of_alert},
            .distance = DistanceFrom(query_.near_first, query_.near_last, session.first_time)};
  if (kept_.size() < query_.limit) {
    kept_.push_back(std::move(kept));
    if (kept_.size() == query_.limit) std::make_heap(kept_.begin(), kept_.end(), Before);
    return;
  }
  ++more_;
  if (!Before(kept, kept_.front())) return;
  std::pop_heap(kept_.begin(), kept_.end(), Before);
  kept_.back() = std::move(kept);
  std::push_heap(kept_.begin(), kept_.end(), Before);
}

std::vector<TimelineEntry> SessionTimeline::Entries() const {
  std::vector<TimelineEntry> entries;
  entries.reserve(kept_.size());
  for (const Kept& kept : kept_) entries.push_back(kept.entry);
  std::sort(entries.begin(), entries.end(), Earlier);
  return entries;
}

}  // namespace cairn::surveys
