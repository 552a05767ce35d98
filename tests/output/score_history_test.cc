// SPDX-License-Identifier: BSD-3-Clause
#include "output/score_history.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

HostScore Shown(std::string_view host, int64_t second, double nats, double score = 1) {
  HostScore shown = samples::Score();
  shown.host = *IpAddress::Parse(host);
  shown.time = samples::Moment(second);
  shown.nats = nats;
  shown.score = score;
  shown.reported = false;
  return shown;
}

std::vector<std::string> Names(const ScoreHistory& history) {
  std::vector<std::string> names;
  for (const HostHistory* host : history.Ranked()) names.push_back(host->best.host.ToString());
  return names;
}

std::vector<double> Nats(const HostHistory& host) {
  std::vector<double> nats;
  for (const HostScore& score : host.scores) nats.push_back(score.nats);
  return nats;
}

using ScoreHistoryStrings = std::vector<std::string>;
using Numbers = std::vector<double>;

TEST_CASE("hosts are ranked by their most nats, then by score, then by address") {
  ScoreHistory history;
  history.Add(Shown("10.0.0.4", 0, 2, 1));
  history.Add(Shown("10.0.0.3", 0, 2, 1));
  history.Add(Shown("10.0.0.2", 0, 2, 7));
  history.Add(Shown("10.0.0.9", 0, 1));
  history.Add(Shown("10.0.0.9", 300, 5));
  history.Add(Shown("10.0.0.9", 600, 0));
  CHECK(Names(history) == ScoreHistoryStrings{"10.0.0.9", "10.0.0.2", "10.0.0.3", "10.0.0.4"});
  CHECK(history.Ranked()[0]->best.time == samples::Moment(300));
}

TEST_CASE("a history is in the order of time, whatever order the scores come in") {
  ScoreHistory history;
  for (const int64_t second : {600, 0, 900, 300}) {
    history.Add(Shown("10.0.0.1", second, static_cast<double>(second)));
  }
  CHECK(Nats(*history.Ranked()[0]) == Numbers{0, 300, 600, 900});
}

TEST_CASE("two scores of one host and moment are one, that with more nats") {
  ScoreHistory history;
  history.Add(Shown("10.0.0.1", 0, 3));
  history.Add(Shown("10.0.0.1", 0, 4));
  history.Add(Shown("10.0.0.1", 0, 2));
  CHECK(Nats(*history.Ranked()[0]) == Numbers{4});
}

TEST_CASE("a host counts as reported when any of its scores does") {
  ScoreHistory history;
  HostScore reported = Shown("10.0.0.1", 0, 1);
  reported.reported = true;
  history.Add(reported);
  history.Add(Shown("10.0.0.1", 300, 9));
  CHECK(history.Ranked()[0]->reported);
  CHECK_FALSE(history.Ranked()[0]->best.reported);
}

TEST_CASE("other hosts than those asked for are passed over") {
  ScoreHistory history;
  history.KeepOnly(*IpAddress::Parse("10.0.0.1"));
  history.KeepOnly(*IpAddress::Parse("2001:db8::1"));
  for (const char* host : {"10.0.0.1", "10.0.0.2", "2001:db8::1"}) history.Add(Shown(host, 0, 1));
  CHECK(Names(history) == ScoreHistoryStrings{"10.0.0.1", "2001:db8::1"});
  CHECK(history.scores_of_least() == 0);
}

TEST_CASE("the oldest scores of a host give way and are counted; its best moment stays known") {
  ScoreHistory history({.max_hosts = 2, .max_scores = 3});
  history.Add(Shown("10.0.0.1", 0, 50));
  for (const int64_t second : {1, 2, 3, 4}) {
    history.Add(Shown("10.0.0.1", second, static_cast<double>(second)));
  }
  history.Add(Shown("10.0.0.1", -5, 7));  // older than all that are kept
  CHECK(Nats(*history.Ranked()[0]) == Numbers{2, 3, 4});
  CHECK(history.oldest_scores() == 3);
  CHECK(history.Ranked()[0]->best.nats == 50);
}

TEST_CASE("a late score takes its place in a full history") {
  ScoreHistory history({.max_hosts = 1, .max_scores = 3});
  for (const int64_t second : {10, 20, 40}) {
    history.Add(Shown("10.0.0.1", second, static_cast<double>(second)));
  }
  history.Add(Shown("10.0.0.1", 30, 30));
  CHECK(Nats(*history.Ranked()[0]) == Numbers{20, 30, 40});
}

TEST_CASE("the host that shows least gives way to one that shows more, and only to it") {
  ScoreHistory history({.max_hosts = 2, .max_scores = 10});
  history.Add(Shown("10.0.0.1", 0, 1));
  history.Add(Shown("10.0.0.1", 300, 1));
  history.Add(Shown("10.0.0.2", 0, 5));
  history.Add(Shown("10.0.0.3", 0, 0.5));
  CHECK(Names(history) == ScoreHistoryStrings{"10.0.0.2", "10.0.0.1"});
  CHECK(history.scores_of_least() == 1);
  history.Add(Shown("10.0.0.3", 300, 3));
  CHECK(Names(history) == ScoreHistoryStrings{"10.0.0.2", "10.0.0.3"});
  CHECK(history.scores_of_least() == 3);
  CHECK(history.size() == 2);
}

}  // namespace
}  // namespace cairn::output
