// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/server_survey.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/surveys/sample_sessions.h"

namespace cairn::surveys {
namespace {

const IpAddress kServerSurveyServer = Ip("192.0.2.1");

ServerReport ServerSurveyReportOf(const std::vector<SessionRecord>& sessions,
                                  const ServerQuery& query = {}) {
  ServerSurvey survey;
  for (const SessionRecord& session : sessions) survey.Add(session);
  return survey.Report(query);
}

TEST_CASE("A server is told by what it accepted, from whom, when and how much") {
  std::vector<SessionRecord> sessions = {Silent(Nth(9), kServerSurveyServer, 22, After(0)),
                                         Accepted(Nth(1), kServerSurveyServer, 22, After(50), 10),
                                         Accepted(Nth(2), kServerSurveyServer, 22, After(20), 1),
                                         Accepted(Nth(2), kServerSurveyServer, 22, After(90), 1),
                                         Rejected(Nth(2), kServerSurveyServer, 22, After(95)),
                                         Accepted(Nth(3), kServerSurveyServer, 80, After(0)),
                                         Silent(Nth(3), Ip("192.0.2.99"), 22, After(0))};
  sessions[1].transient_server = true;
  const ServerReport report = ServerSurveyReportOf(sessions);
  REQUIRE(report.rows.size() == 2);  // one that only ever failed is no server
  const ServerRow& row = report.rows[0];
  CHECK(row.server == Endpoint{.ip = kServerSurveyServer, .port = 22});
  CHECK(row.accepted == 3);
  CHECK(row.failed == 2);
  CHECK(row.transient == 1);
  CHECK(row.clients == 2);
  CHECK(row.first == After(20));
  CHECK(row.last == After(90));
  CHECK(row.client_bytes == 12);
  CHECK(row.server_bytes == 24);
  REQUIRE(row.frequent.size() == 2);
  CHECK(row.frequent[0].client == Nth(2));
  CHECK(row.frequent[0].sessions == 2);
  CHECK(report.rows[1].server.port == 80);
}

TEST_CASE("The three most frequent clients are kept, equals by address") {
  std::vector<SessionRecord> sessions;
  for (const uint32_t client : {5U, 4U, 3U, 2U, 1U, 3U, 3U}) {
    sessions.push_back(Accepted(Nth(client), kServerSurveyServer, 22, After(0)));
  }
  const ServerReport report = ServerSurveyReportOf(sessions);
  REQUIRE(report.rows.at(0).frequent.size() == 3);
  CHECK(report.rows[0].clients == 5);
  CHECK(report.rows[0].frequent[0].client == Nth(3));
  CHECK(report.rows[0].frequent[1].client == Nth(1));
  CHECK(report.rows[0].frequent[2].client == Nth(2));
}

TEST_CASE("Servers come by accepted sessions and can be chosen by clients and number") {
  std::vector<SessionRecord> sessions;
  for (uint32_t i = 0; i < 5; ++i) sessions.push_back(Accepted(Nth(1), Nth(100), 22, After(i)));
  for (uint32_t i = 0; i < 3; ++i) sessions.push_back(Accepted(Nth(i), Nth(101), 22, After(i)));
  sessions.push_back(Accepted(Nth(1), Nth(102), 22, After(0)));
  CHECK(ServerSurveyReportOf(sessions).rows.size() == 3);
  CHECK(ServerSurveyReportOf(sessions).rows[0].server.ip == Nth(100));
  const ServerReport chosen = ServerSurveyReportOf(sessions, {.least_clients = 3});
  REQUIRE(chosen.rows.size() == 1);
  CHECK(chosen.rows[0].server.ip == Nth(101));
  CHECK(ServerSurveyReportOf(sessions, {.least_clients = 4}).rows.empty());
  const ServerReport first = ServerSurveyReportOf(sessions, {.limit = 1});
  CHECK(first.rows.size() == 1);
  CHECK(first.more == 2);
}

TEST_CASE("What finds no room among the servers is counted") {
  ServerSurvey survey({.servers = 1, .clients = 1, .failed = 1});
  survey.Add(Silent(Nth(1), Nth(100), 22, After(0)));
  survey.Add(Silent(Nth(1), Nth(101), 22, After(0)));
  survey.Add(Accepted(Nth(1), Nth(100), 22, After(0)));
  survey.Add(Accepted(Nth(2), Nth(100), 22, After(0)));
  survey.Add(Accepted(Nth(2), Nth(101), 22, After(0)));
  CHECK(survey.left_out().failed == 1);
  CHECK(survey.left_out().clients == 1);
  CHECK(survey.left_out().servers == 1);
  const ServerReport report = survey.Report({});
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].accepted == 2);
  CHECK(report.rows[0].clients == 1);
  CHECK(report.rows[0].not_told_apart == 1);
  CHECK(report.rows[0].failed == 1);
}

}  // namespace
}  // namespace cairn::surveys
