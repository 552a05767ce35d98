// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/relations.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "catch2/catch.hpp"
#include "fmt/format.h"

#include "surveys/cluster_survey.h"
#include "tests/surveys/sample_sessions.h"

namespace cairn::surveys {
namespace {

const IpAddress kRelationsHost = Ip("10.0.0.7");

class Sample {
 public:
  // Only the amounts and fingerprints of both sides.
  SessionRecord& Add(uint64_t client_bytes, int32_t client_print, uint64_t server_bytes = 0,
                     std::optional<int32_t> server_print = {}) {
    SessionRecord session = Accepted(kRelationsHost, Nth(static_cast<uint32_t>(sessions_.size())),
                                     554, After(0), client_bytes);
    session.client().fingerprint = client_print;
    session.server().bytes = server_bytes;
    session.server().payload_bytes = server_bytes;
    session.server().fingerprint = server_print;
    return sessions_.emplace_back(session);
  }
  FieldTable Table() const {
    ClusterSurvey survey({.host = kRelationsHost, .port = 554});
    for (const SessionRecord& session : sessions_) survey.Add(session);
    return survey.Table();
  }
  std::vector<std::string> Relations(const RelationOptions& options = {}) const {
    const FieldTable table = Table();
    std::vector<std::string> lines;
    for (const Relation& r : FindRelations(table, options)) {
      lines.push_back(fmt::format("{} {} {} {} {}: {} of {}", FieldName(r.if_field),
                                  Text(table[r.if_field], r.if_range), r.both_ways ? "<->" : "->",
                                  FieldName(r.then_field), Text(table[r.then_field], r.then_range),
                                  r.hits, r.sessions));
    }
    return lines;
  }
  std::vector<SessionRecord>& sessions() { return sessions_; }

 private:
  static std::string Text(const FieldColumn& column, const ValueRange& range) {
    const std::string first = column.values[range.first].ToString();
    return range.first == range.last ? first : first + ".." + column.values[range.last].ToString();
  }

  std::vector<SessionRecord> sessions_;
};

using List = std::vector<std::string>;

bool Has(const List& list, const std::string& line) {
  return std::find(list.begin(), list.end(), line) != list.end();
}

// Figure 1 and section 7.1: what a scan of port 554 sent.
Sample Port554() {
  Sample sample;
  for (int i = 0; i < 12; ++i) sample.Add(5, 507);
  for (int i = 0; i < 18; ++i) sample.Add(24, -2315);
  for (int i = 0; i < 2; ++i) sample.Add(25, -2315);
  sample.Add(11, 1745);
  return sample;
}

TEST_CASE("The scan of port 554 has the three relations of the report") {
  CHECK(Port554().Relations() == List{"client_bytes 5 <-> client_fingerprint 507: 12 of 12",
                                      "client_bytes 24..25 <-> client_fingerprint -2315: 20 of 20",
                                      "client_bytes 11 <-> client_fingerprint 1745: 1 of 1"});
}

TEST_CASE("The three relations stay on top of fields that say nothing") {
  Sample sample = Port554();
  std::mt19937 random(1);
  for (SessionRecord& session : sample.sessions()) {
    // As in Table 6: packets and bytes with their repetitions, the server's as it likes.
    session.client().packets = 5 + random() % 50;
    session.client().payload_bytes = session.client().bytes * (1 + random() % 11);
    session.server().packets = 4 + random() % 50;
    session.server().bytes = 1 + random() % 120;
    session.server().fingerprint = static_cast<int32_t>(random() % 4027);
  }
  const List found = sample.Relations();
  REQUIRE(found.size() >= 3);
  CHECK(found[0] == "client_bytes 5 <-> client_fingerprint 507: 12 of 12");
  CHECK(found[1] == "client_bytes 24..25 <-> client_fingerprint -2315: 20 of 20");
  CHECK(Has(found, "client_bytes 11 <-> client_fingerprint 1745: 1 of 1"));
}

// Figures 4 and 5 and section 7.3: what the servers of a scan of port 80 answered.
Sample Port80() {
  Sample sample;
  std::mt19937 random(1);
  const auto in_range = [&random] { return 62693 + static_cast<int32_t>(random() % 2955); };
  const auto anywhere = [&random] { return 20000 + static_cast<int32_t>(random() % 40000); };
  const auto add = [&sample](int count, uint64_t bytes, const std::function<int32_t()>& print) {
    for (int i = 0; i < count; ++i) sample.Add(22, 1503, bytes, print());
  };
  add(60, 2, [] { return 0; });
  add(150, 111, [] { return 8253; });
  add(82, 162, [] { return 14988; });
  add(18, 162, anywhere);
  add(200, 409, in_range);
  add(24, 408, in_range);
  add(12, 408, [] { return 6433; });
  for (int i = 0; i < 11; ++i) sample.Add(22, 1503, 500 + 90 * random() % 4000, in_range());
  for (int i = 0; i < 38; ++i) sample.Add(22, 1503, 5000 + 90 * random() % 4000, 6433);
  return sample;
}

TEST_CASE(
    "The scan of port 80 has the relations of the report, ranges of fingerprints among them") {
  const List found = Port80().Relations();
  REQUIRE(found.size() >= 7);
  CHECK(List(found.begin(), found.begin() + 7) ==
        List{"server_bytes 111 <-> server_fingerprint 8253: 150 of 150",
             "server_bytes 409 -> server_fingerprint 62699..65630: 200 of 200",
             "server_fingerprint 62699..65630 -> server_bytes 408..409: 224 of 235",
             "server_fingerprint 14988 -> server_bytes 162: 82 of 82",
             "server_bytes 2 <-> server_fingerprint 0: 60 of 60",
             "server_bytes 162 -> server_fingerprint 14988: 82 of 100",
             "server_bytes 4390..8910 -> server_fingerprint 6433: 38 of 40"});
  CHECK(found.size() <= 12);  // the others are of a few sessions
}

TEST_CASE("Nats are the chance of as many hits in a blind draw") {
  const FieldTable table = Port554().Table();
  const std::vector<Relation> relations = FindRelations(table, {});
  CHECK(relations.at(0).nats == Approx(12 * std::log(33.0 / 12)));
  CHECK(relations.at(1).nats == Approx(20 * std::log(33.0 / 20)));
  CHECK(relations.at(2).nats == Approx(std::log(33.0)));
  CHECK(relations.at(1).holders == 20);
}

TEST_CASE("What holds for nearly all sessions anyway is no relation") {
  Sample sample;
  for (int i = 0; i < 95; ++i) sample.Add(5, i % 2 == 0 ? 507 : 508);
  for (int i = 0; i < 5; ++i) sample.Add(24, 507);
  for (const std::string& line : sample.Relations()) {
    CHECK(line.find("client_bytes 5") == std::string::npos);
  }
}

TEST_CASE("A relation needs its share of hits and its sessions") {
  Sample sample;
  for (int i = 0; i < 50; ++i) sample.Add(5, i < 40 ? 507 : 30000 + 2000 * i);
  for (int i = 0; i < 50; ++i) sample.Add(90, -2315);
  const std::string line = "client_bytes 5 -> client_fingerprint 507: 40 of 50";
  CHECK(Has(sample.Relations({.least_share = 0.8}), line));
  CHECK_FALSE(Has(sample.Relations({.least_share = 0.81}), line));
  CHECK(Has(sample.Relations({.least_sessions = 50}), line));
  CHECK_FALSE(Has(sample.Relations({.least_sessions = 51}), line));
}

TEST_CASE("A field that names sessions implies nothing by values that occur once") {
  Sample sample = Port554();  // each session has a peer of its own
  for (const std::string& line : sample.Relations()) {
    CHECK_FALSE(line.starts_with("peer"));
  }
  for (SessionRecord& session : sample.sessions()) {
    session.server().end.ip = session.client().bytes == 5 ? Nth(1) : Nth(2);
  }
  CHECK(Has(sample.Relations(), "client_bytes 5 <-> peer 11.0.0.1: 12 of 12"));
}

TEST_CASE("That no data has no fingerprint is no news") {
  Sample sample;
  for (int i = 0; i < 20; ++i) sample.Add(5, 507, 0, {});
  for (int i = 0; i < 20; ++i) sample.Add(5, 507, 9, 77);
  CHECK(sample.Relations() == List{"server_bytes 9 <-> server_fingerprint 77: 20 of 20"});
}

TEST_CASE("Sessions without differences, and none at all, have no relations") {
  Sample sample;
  CHECK(sample.Relations().empty());
  sample.Add(5, 507);
  CHECK(sample.Relations().empty());
  sample.sessions().assign(20, sample.sessions()[0]);
  CHECK(sample.Relations().empty());
}

TEST_CASE("The order of sessions does not change the relations") {
  Sample sample = Port80();
  const List found = sample.Relations();
  std::shuffle(sample.sessions().begin(), sample.sessions().end(), std::mt19937(2));
  CHECK(sample.Relations() == found);
}

}  // namespace
}  // namespace cairn::surveys
