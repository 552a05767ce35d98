// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/session_timeline.h"

#include <algorithm>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/surveys/sample_sessions.h"

namespace cairn::surveys {
namespace {

const IpAddress kStone = Ip("10.0.0.15");
const IpAddress kUser = Ip("172.16.4.2");
const IpAddress kTarget = Ip("172.16.2.2");
constexpr char kAlert[] = "0123456789abcdef";

SessionRecord Named(SessionRecord session) {
  session.alerts = {"ffffffffffffffff", kAlert};
  return session;
}

std::vector<TimelineEntry> Entries(const TimelineQuery& query,
                                   const std::vector<SessionRecord>& sessions) {
  SessionTimeline timeline(query);
  for (const SessionRecord& session : sessions) timeline.Add(session);
  return timeline.Entries();
}

std::vector<int64_t> Times(const std::vector<TimelineEntry>& entries) {
  std::vector<int64_t> times;
  for (const TimelineEntry& entry : entries) {
    times.push_back((entry.session.first_time - After(0)).ToSeconds());
  }
  return times;
}

TEST_CASE("The host that an alert's sessions share is the stepping stone") {
  AlertSessions alert(kAlert);
  alert.Add(Named(Accepted(kUser, kStone, 22, After(100))));
  CHECK(alert.SharedHosts() == std::vector<IpAddress>{kStone, kUser});
  alert.Add(Named(Accepted(kStone, kTarget, 22, After(20))));
  alert.Add(Accepted(kStone, kTarget, 22, After(0)));
  CHECK(alert.count() == 2);
  CHECK(alert.SharedHosts() == std::vector<IpAddress>{kStone});
  CHECK(alert.Hosts().size() == 3);
  CHECK(alert.Hosts()[0] == kStone);
  CHECK(alert.first() == After(20));
  CHECK(alert.last() == After(101));
}

TEST_CASE("An alert that no session names has no hosts; a host that talks to itself is one") {
  AlertSessions alert(kAlert);
  alert.Add(Accepted(kUser, kStone, 22, After(0)));
  CHECK(alert.count() == 0);
  CHECK(alert.SharedHosts().empty());
  alert.Add(Named(Accepted(kStone, kStone, 22, After(0))));
  CHECK(alert.SharedHosts() == std::vector<IpAddress>{kStone});
}

TEST_CASE("A host's sessions come in the order of time, with their direction and their alert") {
  const std::vector<TimelineEntry> entries = Entries(
      {.host = kStone, .alerts = {kAlert}},
      {Named(Accepted(kStone, kTarget, 22, After(9))), Silent(kUser, kStone, 80, After(1)),
       Accepted(kUser, kTarget, 22, After(2)), Named(Accepted(kUser, kStone, 22, After(5)))});
  CHECK(Times(entries) == std::vector<int64_t>{1, 5, 9});
  CHECK_FALSE(entries[0].of_alert);
  CHECK(entries[1].of_alert);
  CHECK_FALSE(entries[1].outgoing);
  CHECK(entries[1].peer().end.ip == kUser);
  CHECK(entries[2].outgoing);
  CHECK(entries[2].peer().end.ip == kTarget);
  CHECK(entries[2].host().end.ip == kStone);
}

TEST_CASE("Without a host the sessions of the alerts are listed, each as its client's") {
  const std::vector<TimelineEntry> entries =
      Entries({.alerts = {"ffffffffffffffff", "0000000000000000"}},
              {Named(Accepted(kStone, kTarget, 22, After(9))), Silent(kUser, kStone, 80, After(1)),
               Named(Accepted(kUser, kStone, 22, After(5)))});
  CHECK(Times(entries) == std::vector<int64_t>{5, 9});
  CHECK(entries[0].host().end.ip == kUser);
  CHECK(entries[1].peer().end.ip == kTarget);
}

TEST_CASE("A session belongs to a stretch of time when any part of it does") {
  // Each lasts a second.
  const std::vector<SessionRecord> sessions = {
      Accepted(kUser, kStone, 22, After(8)), Accepted(kUser, kStone, 22, After(9)),
      Accepted(kUser, kStone, 22, After(20)), Accepted(kUser, kStone, 22, After(21))};
  CHECK(Times(Entries({.host = kStone, .from = After(10), .to = After(20)}, sessions)) ==
        std::vector<int64_t>{9, 20});
}

TEST_CASE("Beyond the limit the earliest stay, or those nearest to the alert after its own") {
  std::vector<SessionRecord> sessions;
  for (int64_t i = 0; i < 10; ++i) sessions.push_back(Silent(kUser, kStone, 80, After(i)));
  sessions.push_back(Named(Accepted(kUser, kStone, 22, After(100))));
  TimelineQuery query{.host = kStone, .limit = 3};
  CHECK(Times(Entries(query, sessions)) == std::vector<int64_t>{0, 1, 2});
  std::reverse(sessions.begin(), sessions.end());
  CHECK(Times(Entries(query, sessions)) == std::vector<int64_t>{0, 1, 2});
  query.alerts = {kAlert};
  query.near_first = After(5);
  query.near_last = After(5);
  CHECK(Times(Entries(query, sessions)) == std::vector<int64_t>{4, 5, 100});
  SessionTimeline timeline(query);
  for (const SessionRecord& session : sessions) timeline.Add(session);
  CHECK(timeline.more() == 8);
}

}  // namespace
}  // namespace cairn::surveys
