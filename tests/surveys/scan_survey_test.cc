// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/scan_survey.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/surveys/sample_sessions.h"

namespace cairn::surveys {
namespace {

const IpAddress kClient = Ip("10.0.0.1");
const IpAddress kOther = Ip("10.0.0.2");
const IpAddress kServer = Ip("192.0.2.1");

ScanReport ReportOf(const std::vector<SessionRecord>& sessions, const ScanQuery& query = {}) {
  ScanSurvey survey;
  for (const SessionRecord& session : sessions) survey.Add(session);
  return survey.Report(query);
}

double UnknownCount(const std::vector<SessionRecord>& sessions, const KnownServers& known = {}) {
  const ScanReport report = ReportOf(sessions, {.known = known});
  return report.rows.empty() ? 0 : report.rows[0].unknown_count;
}

std::vector<std::string> Clients(const ScanReport& report) {
  std::vector<std::string> clients;
  for (const ScanRow& row : report.rows) clients.push_back(row.client.ToString());
  return clients;
}

TEST_CASE("Attempts of one client at one port are counted by outcome, as connections and servers") {
  const std::vector<SessionRecord> sessions = {
      Rejected(kClient, Nth(1), 80, After(0)),   Rejected(kClient, Nth(1), 80, After(1)),
      Silent(kClient, Nth(1), 80, After(2)),     Silent(kClient, Nth(2), 80, After(3)),
      Accepted(kClient, Nth(3), 80, After(4)),   Accepted(kClient, Nth(3), 80, After(5), 22),
      Accepted(kClient, Nth(4), 80, After(6), 1)};
  const ScanReport report = ReportOf(sessions);
  REQUIRE(report.rows.size() == 1);
  const ScanRow& row = report.rows[0];
  CHECK(row.client == kClient);
  CHECK(row.port == 80);
  CHECK(row.connections == AttemptCounts{.rejects = 2, .silents = 2, .success = 3, .data = 2});
  // The first address is in both sets of failures, as the report has it.
  CHECK(row.servers == AttemptCounts{.rejects = 1, .silents = 2, .success = 2, .data = 2});
  CHECK(row.servers.failed() == 3);
  CHECK(row.unique_servers == 4);
  CHECK(row.unknown_failed == 2);
  CHECK(row.known_failed == 0);
  CHECK(row.unknown_count == Approx(2 * 0.5));
}

TEST_CASE("Clients, ports and the addresses of both families are told apart") {
  const ScanReport report =
      ReportOf({Silent(kClient, Ip("2001:db8::1"), 80, After(0)),
                Silent(kClient, Ip("2001:db8:0:1::1"), 80, After(0)),
                Silent(kClient, Nth(1), 443, After(0)), Silent(kOther, Nth(1), 443, After(0))});
  REQUIRE(report.rows.size() == 3);
  CHECK(report.rows[0].servers.silents == 2);
  CHECK(report.rows[1].client == kClient);
  CHECK(report.rows[1].port == 443);
  CHECK(report.rows[2].client == kOther);
}

TEST_CASE("Payload without sequence numbers is data, too") {
  SessionRecord session = Accepted(kClient, kServer, 80, After(0));
  session.client().payload_bytes = 5;
  const ScanReport report = ReportOf({session, Silent(kClient, Nth(1), 80, After(0))});
  CHECK(report.rows.at(0).connections.data == 1);
}

TEST_CASE("A failure where a server is known weighs a tenth") {
  const SessionRecord failed = Silent(kClient, kServer, 80, AfterDays(10));
  const auto with_server = [&failed](int64_t days) {
    return UnknownCount({failed, Accepted(kOther, kServer, 80, AfterDays(days))});
  };
  CHECK(UnknownCount({failed}) == Approx(1));
  CHECK(with_server(10) == Approx(0.1));
  CHECK(with_server(3) == Approx(0.1));
  CHECK(with_server(2) == Approx(1));
  CHECK(with_server(17) == Approx(0.1));
  CHECK(with_server(18) == Approx(1));
  // Between the first and the last session that it accepted it is known, however long that is.
  CHECK(UnknownCount({failed, Accepted(kOther, kServer, 80, AfterDays(-90)),
                      Accepted(kOther, kServer, 80, AfterDays(90))}) == Approx(0.1));
  // Another port, or another address, is another server.
  CHECK(UnknownCount({failed, Accepted(kOther, kServer, 81, AfterDays(10))}) == Approx(1));
  CHECK(UnknownCount({failed, Accepted(kOther, Nth(1), 80, AfterDays(10))}) == Approx(1));
}

TEST_CASE(
    "How long a server is known, how much it weighs and what counts before it can be chosen") {
  const SessionRecord failed = Silent(kClient, kServer, 80, After(0));
  const SessionRecord before = Accepted(kOther, kServer, 80, After(-7200));
  const SessionRecord after = Accepted(kOther, kServer, 80, After(7200));
  const PacketDelta two_hours = PacketDelta::FromSeconds(7200);
  const PacketDelta one_hour = PacketDelta::FromSeconds(3600);
  CHECK(UnknownCount({failed, before}, {.known_within = two_hours}) == Approx(0.1));
  CHECK(UnknownCount({failed, before}, {.known_within = one_hour}) == Approx(1));
  CHECK(UnknownCount({failed, after}) == Approx(0.1));
  CHECK(UnknownCount({failed, after}, {.before_only = true}) == Approx(1));
  CHECK(UnknownCount({failed, before}, {.before_only = true}) == Approx(0.1));
  CHECK(UnknownCount({failed, before}, {.weight = 0.5}) == Approx(0.5));
  CHECK(UnknownCount({failed, before}, {.weight = 0}) == 0);
}

TEST_CASE("The order of sessions does not matter") {
  std::vector<SessionRecord> sessions = {
      Silent(kClient, kServer, 80, After(0)), Accepted(kOther, kServer, 80, After(60)),
      Rejected(kClient, Nth(1), 80, After(5)), Accepted(kClient, Nth(2), 80, After(7))};
  const double forward = UnknownCount(sessions);
  std::reverse(sessions.begin(), sessions.end());
  CHECK(UnknownCount(sessions) == forward);
  CHECK(forward == Approx((1 + 0.1) * 2 / 3));
}

// What a border sees on a day: three blind scanners, and hosts whose many failures are innocent.
class Site {
 public:
  Site() {
    Scan("10.0.0.1", 554, 4000, 33);
    Scan("10.0.0.2", 1433, 1500, 20);
    Scan("10.0.0.3", 80, 900, 60);
    // A mail server that tries again and again where a server is slow or down for a while.
    Busy("10.0.0.11", 25, {.servers = 300, .failing = 250, .failures_each = 60});
    // A peer of a file-sharing network; its peers come and go.
    Busy("10.0.0.12", 4662, {.servers = 1200, .failing = 800, .failures_each = 30});
    // A proxy: thousands of servers, some overloaded, some gone for good.
    Busy("10.0.0.13", 80, {.servers = 6000, .failing = 2000, .failures_each = 2, .dead = 200});
  }
  ScanReport Report(ScanCounting by) const { return survey_.Report({.by = by, .limit = 6}); }
  std::vector<std::string> Most(ScanCounting by) const { return Clients(Report(by)); }

 private:
  struct Load {
    uint32_t servers = 0;
    uint32_t failing = 0;
    uint32_t failures_each = 0;
    uint32_t dead = 0;
  };

  void Scan(const char* client, uint16_t port, uint32_t failing, uint32_t accepting) {
    for (uint32_t i = 0; i < failing + accepting; ++i) {
      const IpAddress server = Nth(next_ + i);
      survey_.Add(i < accepting ? Accepted(Ip(client), server, port, After(i), 22)
                  : i % 3 == 0  ? Rejected(Ip(client), server, port, After(i))
                                : Silent(Ip(client), server, port, After(i)));
    }
    next_ += failing + accepting;
  }
  void Busy(const char* client, uint16_t port, const Load& load) {
    for (uint32_t i = 0; i < load.servers; ++i) {
      const IpAddress server = Nth(next_ + i);
      const uint32_t failures = i < load.failing ? load.failures_each : 0;
      for (uint32_t j = 0; j < failures; ++j) {
        survey_.Add(j % 2 == 0 ? Silent(Ip(client), server, port, After(i + j))
                               : Rejected(Ip(client), server, port, After(i + j)));
      }
      if (i >= load.dead) survey_.Add(Accepted(Ip(client), server, port, After(i + 99), 500));
    }
    next_ += load.servers;
  }

  ScanSurvey survey_;
  uint32_t next_ = 0;
};

TEST_CASE("Weighing failures by known servers ranks the scanners first, where counting does not") {
  const Site site;
  using List = std::vector<std::string>;
  CHECK(site.Most(ScanCounting::kConnections) ==
        List{"10.0.0.12", "10.0.0.11", "10.0.0.1", "10.0.0.13", "10.0.0.2", "10.0.0.3"});
  // Mail falls; the proxy and the peer do not.
  CHECK(site.Most(ScanCounting::kServers) ==
        List{"10.0.0.1", "10.0.0.13", "10.0.0.12", "10.0.0.2", "10.0.0.3", "10.0.0.11"});
  const ScanReport weighed = site.Report(ScanCounting::kUnknown);
  CHECK(Clients({.rows = {weighed.rows.begin(), weighed.rows.begin() + 3}, .more = 0}) ==
        List{"10.0.0.1", "10.0.0.2", "10.0.0.3"});
  CHECK(weighed.rows[2].unknown_count > 800);
  CHECK(weighed.rows.size() == 4);  // mail and peers reached every server in the end
  CHECK(weighed.rows[3].client == Ip("10.0.0.13"));
  CHECK(weighed.rows[3].unknown_count < 20);
}

TEST_CASE("Rows can be chosen by count, by data and by number") {
  std::vector<SessionRecord> sessions;
  for (uint32_t i = 0; i < 9; ++i) sessions.push_back(Silent(kClient, Nth(i), 135, After(0)));
  for (uint32_t i = 0; i < 5; ++i) sessions.push_back(Silent(kOther, Nth(i), 80, After(0)));
  sessions.push_back(Accepted(kOther, kServer, 80, After(0), 5));
  sessions.push_back(Accepted(Ip("10.0.0.3"), kServer, 80, After(0), 5));  // it never fails
  using List = std::vector<std::string>;
  CHECK(Clients(ReportOf(sessions)) == List{"10.0.0.1", "10.0.0.2"});
  CHECK(Clients(ReportOf(sessions, {.data_only = true})) == List{"10.0.0.2"});
  CHECK(Clients(ReportOf(sessions, {.by = ScanCounting::kServers, .least = 5})).size() == 2);
  CHECK(Clients(ReportOf(sessions, {.by = ScanCounting::kServers, .least = 6})) ==
        List{"10.0.0.1"});
  const ScanReport one = ReportOf(sessions, {.limit = 1});
  CHECK(Clients(one) == List{"10.0.0.1"});
  CHECK(one.more == 1);
}

TEST_CASE("What nothing is known of is counted apart") {
  ScanSurvey survey;
  SessionRecord session = Silent(kClient, kServer, 80, After(0));
  session.client().packets = 0;
  survey.Add(session);
  CHECK(survey.sessions() == 1);
  CHECK(survey.unjudged() == 1);
  CHECK(survey.Report({}).rows.empty());
}

TEST_CASE("What finds no room is counted, and the numbers that it leaves behind are marked") {
  ScanSurvey survey({.rows = 1, .attempts = 2, .servers = 1});
  for (uint32_t i = 0; i < 5; ++i) survey.Add(Silent(kClient, Nth(i % 3), 80, After(0)));
  survey.Add(Silent(kOther, Nth(0), 80, After(0)));
  survey.Add(Accepted(kClient, Nth(0), 80, After(0)));
  survey.Add(Accepted(kClient, Nth(1), 80, After(0)));
  CHECK(survey.left_out().attempts == 1);
  CHECK(survey.left_out().rows == 1);
  CHECK(survey.left_out().servers == 1);
  const ScanReport report = survey.Report({.by = ScanCounting::kServers});
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].connections.silents == 5);
  CHECK(report.rows[0].servers.silents == 2);
  CHECK(report.rows[0].not_told_apart == 1);
}

TEST_CASE("Times at the ends of what can be stored do no harm") {
  const PacketTime least = PacketTime::FromNanoseconds(INT64_MIN);
  const PacketTime most = PacketTime::FromNanoseconds(INT64_MAX) - PacketDelta::FromSeconds(2);
  CHECK(UnknownCount({Silent(kClient, kServer, 80, least), Accepted(kOther, kServer, 80, most)}) ==
        Approx(1));
  CHECK(UnknownCount({Silent(kClient, kServer, 80, least), Accepted(kOther, kServer, 80, most)},
                     {.known_within = PacketDelta::Infinite()}) == Approx(1));
}

// An attempt from one host of the site to another.
SessionRecord WithinSite(SessionRecord session) {
  session.client().local = true;
  session.server().local = true;
  return session;
}

// One client tries so many site hosts at each of the ports, and none answers.
ScanReport TriesOf(uint32_t hosts, const std::vector<uint16_t>& ports, const ScanQuery& query) {
  std::vector<SessionRecord> sessions;
  for (const uint16_t port : ports) {
    for (uint32_t i = 0; i < hosts; ++i) {
      sessions.push_back(WithinSite(Silent(kClient, Nth(i), port, After(i))));
    }
  }
  return ReportOf(sessions, query);
}

const ScanQuery kWithAgents = {.agent_ports = {4113, 24113, 24114}};

TEST_CASE("A tracing agent that finds a few hosts without one is no scanner") {
  CHECK(TriesOf(16, {4113}, {}).rows.size() == 1);
  const ScanReport report = TriesOf(16, {4113}, kWithAgents);
  CHECK(report.rows.empty());
  CHECK(report.agents == 1);
  // At its other ports, too, and rejected as well as silent ones.
  CHECK(TriesOf(8, {4113, 24114}, kWithAgents).rows.empty());
  CHECK(
      ReportOf({WithinSite(Rejected(kClient, Nth(1), 24113, After(0)))}, kWithAgents).rows.empty());
}

TEST_CASE("Who goes through the site at the agents' ports is a scanner") {
  const ScanReport report = TriesOf(17, {4113}, kWithAgents);
  REQUIRE(report.rows.size() == 1);
  CHECK(report.agents == 0);
  CHECK(report.rows[0].unique_servers == 17);
  // Not hidden by taking turns among the ports.
  CHECK(TriesOf(6, {4113, 24113, 24114}, kWithAgents).rows.size() == 3);
}

TEST_CASE("Only what site hosts try at site hosts may be an agent's") {
  const SessionRecord silent = Silent(kClient, Nth(1), 4113, After(0));
  CHECK(ReportOf({silent}, kWithAgents).rows.size() == 1);  // nothing is known of the site
  SessionRecord from_outside = WithinSite(silent);
  from_outside.client().local = false;
  CHECK(ReportOf({from_outside}, kWithAgents).rows.size() == 1);
  SessionRecord to_outside = WithinSite(silent);
  to_outside.server().local = false;
  CHECK(ReportOf({to_outside}, kWithAgents).rows.size() == 1);
  // One is enough, and then everything of that client is shown.
  const ScanReport report = ReportOf(
      {WithinSite(silent), to_outside, WithinSite(Silent(kClient, Nth(1), 24113, After(0)))},
      kWithAgents);
  CHECK(report.rows.size() == 2);
}

TEST_CASE("Where the records do not tell of the site, its networks do") {
  const SessionRecord silent = Silent(kClient, kServer, 4113, After(0));
  const auto rows = [&](std::vector<Prefix> site, const SessionRecord& session) {
    ScanSurvey survey({}, PrefixSet(std::move(site)));
    survey.Add(session);
    return survey.Report(kWithAgents).rows.size();
  };
  const Prefix clients = *Prefix::Parse("10.0.0.0/8");
  const Prefix servers = *Prefix::Parse("192.0.2.0/24");
  CHECK(rows({clients, servers}, silent) == 0);
  CHECK(rows({clients}, silent) == 1);
  CHECK(rows({servers}, silent) == 1);
  SessionRecord told = WithinSite(silent);
  CHECK(rows({}, told) == 0);
  told.server().local = false;
  CHECK(rows({clients, servers}, told) == 1);
}

TEST_CASE("An agent that scans at another port is shown at that one") {
  const ScanReport report = ReportOf({WithinSite(Silent(kClient, Nth(1), 4113, After(0))),
                                      WithinSite(Silent(kClient, Nth(1), 22, After(0))),
                                      WithinSite(Silent(kOther, Nth(1), 4112, After(0)))},
                                     kWithAgents);
  REQUIRE(report.rows.size() == 2);
  CHECK(report.agents == 1);
  CHECK(report.rows[0].port == 22);
  CHECK(report.rows[1].port == 4112);
}

TEST_CASE("An agent whose servers could not be told apart is shown") {
  ScanSurvey survey({.attempts = 1});
  survey.Add(WithinSite(Silent(kClient, Nth(1), 4113, After(0))));
  survey.Add(WithinSite(Silent(kClient, Nth(2), 4113, After(0))));
  CHECK(survey.Report(kWithAgents).rows.size() == 1);
}

}  // namespace
}  // namespace cairn::surveys
