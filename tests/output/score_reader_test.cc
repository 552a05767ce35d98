// SPDX-License-Identifier: BSD-3-Clause
#include "output/score_reader.h"

#include <string>
#include <string_view>

#include "catch2/catch.hpp"

#include "output/json_lines.h"
#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

std::string Replaced(std::string_view from, std::string_view to) {
  std::string line = ToJsonLine(samples::Score());
  const size_t at = line.find(from);
  REQUIRE(at != std::string::npos);
  return line.replace(at, from.size(), to);
}

std::string ScoreReaderFaultOf(std::string_view line) {
  const absl::StatusOr<HostScore> score = ParseScoreLine(line);
  return score.ok() ? "" : std::string(score.status().message());
}

TEST_CASE("a score reads back as it was written") {
  const std::string line = ToJsonLine(samples::Score());
  const absl::StatusOr<HostScore> score = ParseScoreLine(line);
  REQUIRE(score.ok());
  CHECK(ToJsonLine(*score) == line);
  CHECK(score->time == samples::Score().time);
  CHECK(score->host == samples::Score().host);
  CHECK(score->window == samples::Score().window);
  CHECK(score->reach == samples::Score().reach);
  CHECK(score->activities == samples::Score().activities);
  CHECK(score->reported);
}

TEST_CASE("fields of later versions are passed over") {
  CHECK(ScoreReaderFaultOf(Replaced("{", "{\"later\":[1,{\"a\":2}],")).empty());
}

TEST_CASE("what a line lacks is told") {
  CHECK(ScoreReaderFaultOf("{\"schema\":") == "it is not JSON, or is cut off");
  CHECK(ScoreReaderFaultOf("[1]") == "it is not a JSON object");
  CHECK(ScoreReaderFaultOf(Replaced("host_score", "chain")) ==
        "it is 'chain' of 'cairn/1', and not 'host_score' of 'cairn/1'");
  CHECK(ScoreReaderFaultOf(Replaced("cairn/1", "\\u001b[2Jx")).find("'?[2Jx'") !=
        std::string::npos);
  CHECK(ScoreReaderFaultOf(Replaced("\"nats\"", "\"gnats\"")) == "its \"nats\" is missing");
  CHECK(ScoreReaderFaultOf(Replaced("\"nats\":8.25", "\"nats\":\"8\""))
            .find("\"nats\" is not a number") != std::string::npos);
  CHECK(ScoreReaderFaultOf(Replaced("\"nats\":8.25", "\"nats\":1e999")) != "");
  CHECK(ScoreReaderFaultOf(Replaced("\"window_s\":300.0", "\"window_s\":-1")) != "");
  CHECK(ScoreReaderFaultOf(Replaced("\"reported\":true", "\"reported\":1")) ==
        "its \"reported\" is neither true nor false");
  CHECK(ScoreReaderFaultOf(Replaced("10.10.0.15", "10.10.0.256")) ==
        "its \"host\" is not an address");
  CHECK(ScoreReaderFaultOf(Replaced("T10:15", " 10:15")).find("\"time\" is not a time") !=
        std::string::npos);
}

TEST_CASE("a file gives the same whatever pieces it is read in") {
  const std::string file = ToJsonLine(samples::Score()) + "\n\r\nnonsense\n" +
                           Replaced("10.10.0.15", "10.10.0.16") + "{\"cut";
  for (size_t piece = 1; piece < file.size(); piece += 7) {
    ScoreHistory history;
    ScoreReader reader(history);
    for (size_t at = 0; at < file.size(); at += piece) {
      reader.Feed(std::string_view(file).substr(at, piece));
    }
    reader.Finish();
    CHECK(reader.scores() == 2);
    CHECK(reader.bad_lines() == 1);
    CHECK(reader.first_bad_line() == 4);
    CHECK(reader.first_fault() == "it is not JSON, or is cut off");
    CHECK(reader.cut());
    CHECK(history.size() == 2);
  }
}

TEST_CASE(
    "a last line without a line feed counts when it is whole, and is bad when it is foreign") {
  ScoreHistory history;
  ScoreReader whole(history);
  std::string line = ToJsonLine(samples::Score());
  line.pop_back();
  whole.Feed(line);
  whole.Finish();
  CHECK(whole.scores() == 1);
  CHECK_FALSE(whole.cut());
  ScoreReader foreign(history);
  foreign.Feed("{\"schema\":\"cairn-truth/1\",\"event\":\"none\"}");
  foreign.Finish();
  CHECK_FALSE(foreign.cut());
  CHECK(foreign.first_bad_line() == 1);
}

TEST_CASE("a line without an end takes no more than its share of memory and is a bad line") {
  ScoreHistory history;
  ScoreReader reader(history);
  const std::string much(ScoreReader::kMaxLineBytes, 'x');
  for (int i = 0; i < 5; ++i) reader.Feed(much);
  reader.Feed("\n" + ToJsonLine(samples::Score()));
  reader.Finish();
  CHECK(reader.bad_lines() == 1);
  CHECK(reader.first_fault() == "it is longer than 65536 bytes");
  CHECK(reader.scores() == 1);
}

}  // namespace
}  // namespace cairn::output
