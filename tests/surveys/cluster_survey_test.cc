// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/cluster_survey.h"

#include <vector>

#include "catch2/catch.hpp"

#include "tests/surveys/sample_sessions.h"

namespace cairn::surveys {
namespace {

const IpAddress kHost = Ip("10.0.0.7");

std::vector<SessionRecord> Sessions() {
  return {Accepted(kHost, Nth(2), 554, After(0), 24), Accepted(kHost, Nth(1), 554, After(1), 5),
          Accepted(kHost, Nth(3), 554, After(2), 24), Accepted(kHost, Nth(3), 554, After(3)),
          Silent(kHost, Nth(4), 554, After(4)),       Accepted(kHost, Nth(1), 80, After(5), 5),
          Accepted(Nth(9), kHost, 554, After(6), 7)};
}

FieldTable TableOf(const ClusterScope& scope) {
  ClusterSurvey survey(scope);
  for (const SessionRecord& session : Sessions()) survey.Add(session);
  return survey.Table();
}

TEST_CASE("Each field has its distinct values in order, with their sessions") {
  const FieldTable table = TableOf({.host = kHost, .port = 554});
  CHECK(table.sessions == 3);
  const FieldColumn& bytes = table[Field::kClientBytes];
  REQUIRE(bytes.values.size() == 2);
  CHECK(bytes.values[0].number == 5);
  CHECK(bytes.values[1].ToString() == "24");
  CHECK(bytes.counts == std::vector<uint64_t>{1, 2});
  CHECK(bytes.ranks == std::vector<uint32_t>{1, 0, 1});
  CHECK(table[Field::kPeer].values.size() == 3);
  CHECK(table[Field::kState].values.at(0).ToString() == "SF");
  CHECK(table[Field::kClosedBy].values.at(0).ToString() == "none");
}

TEST_CASE("A field that holds what an earlier one holds is told by that one") {
  const FieldTable table = TableOf({.host = kHost, .port = 554});
  CHECK(table[Field::kClientPayloadBytes].same_as == Field::kClientBytes);
  CHECK_FALSE(table[Field::kClientBytes].same_as.has_value());
  CHECK_FALSE(table[Field::kServerPackets].same_as.has_value());  // all 1, as the client's
}

TEST_CASE("Which sessions are compared can be chosen") {
  using Which = ClusterScope::Which;
  CHECK(TableOf({.host = kHost, .port = 554, .which = Which::kAccepted}).sessions == 4);
  CHECK(TableOf({.host = kHost, .port = 554, .which = Which::kAll}).sessions == 5);
  CHECK(TableOf({.host = kHost, .port = 80}).sessions == 1);
  const FieldTable served = TableOf({.host = kHost, .port = 554, .here = Side::kServer});
  CHECK(served.sessions == 1);
  CHECK(served[Field::kPeer].values.at(0).ToString() == Nth(9).ToString());
  CHECK(TableOf({.host = Nth(77), .port = 554}).sessions == 0);
}

TEST_CASE("Sessions beyond the limit are counted") {
  ClusterSurvey survey({.host = kHost, .port = 554}, 2);
  for (const SessionRecord& session : Sessions()) survey.Add(session);
  CHECK(survey.Table().sessions == 2);
  CHECK(survey.left_out() == 1);
  CHECK(survey.seen() == 5);
}

TEST_CASE("Every field has a name of its own") {
  for (size_t i = 0; i < kFieldCount; ++i) {
    CHECK_FALSE(FieldName(static_cast<Field>(i)).empty());
    for (size_t j = 0; j < i; ++j) {
      CHECK(FieldName(static_cast<Field>(i)) != FieldName(static_cast<Field>(j)));
    }
  }
}

}  // namespace
}  // namespace cairn::surveys
