// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/findings/trace_text.h"

#include <set>

#include "catch2/catch.hpp"

#include "output/alert_book.h"
#include "output/json_lines.h"
#include "output/summary.h"
#include "tests/output/sample_events.h"
#include "traceback/findings/traceback_json.h"

namespace cairn::output {
namespace {

using Catch::Contains;

TEST_CASE("each way in which a chain can end has its own words") {
  std::set<std::string> texts;
  TraceDone done = samples::NoAgentBefore();
  done.detail.clear();
  const auto ends = {"console",  "process",   "outside", "no_agent", "silent", "refused",
                     "unproven", "not_known", "closed",  "loop",     "hops",   "time"};
  for (const char* end : ends) {
    done.end = end;
    texts.insert(DoneText(done));
  }
  CHECK(texts.size() == ends.size());
}

TEST_CASE("a hop says who, by what, and where from, and how sure that is") {
  CHECK(
      HopText(samples::FoundHop()) ==
      "hop 1, stone.example.org (10.10.0.15): root (logged in as alice) by /usr/bin/ssh on pts/3; "
      "comes from 10.10.0.8:48224, one of 2 that it may be");
  TraceHop plain = samples::FoundHop();
  plain.sure = true;
  plain.steps[0].user = "alice";
  CHECK_THAT(HopText(plain), Contains(": alice by ") && !Contains("one of"));
}

TEST_CASE("a claim says whose it is and why it is not believed") {
  CHECK_THAT(HopText(samples::ClaimedHop()),
             Contains("10.10.0.8 claims:") && Contains("not believed: its signature is forged"));
}

TEST_CASE("the end says what is known and who did not tell more") {
  CHECK(DoneText(samples::NoAgentBefore()) ==
        "1 hop, it comes from 10.10.0.9, which has no agent; the first known: alice on "
        "desk.example.org (tty1); 4 hops more in circles; 1 claim was not believed "
        "[10.10.0.9: refused]");
  CHECK(DoneText(samples::NothingFound()) == "nothing is known (no_agent) [10.10.0.15: refused]");
  CHECK(OriginText(samples::NothingFound()).empty());
  CHECK(OriginText(samples::NoAgentBefore()) == "alice on desk.example.org, from 10.10.0.9");
}

TEST_CASE("an origin that was found over hops that are not sure is not told as one that is") {
  TraceDone done = samples::NoAgentBefore();
  done.end = "console";
  CHECK(OriginText(done) == "alice on desk.example.org, at a terminal");
  done.sure = false;
  CHECK(OriginText(done) == "perhaps alice on desk.example.org, at a terminal");
  CHECK_THAT(DoneText(done), Contains("; not every hop is sure"));
  CHECK_THAT(ToJsonLine(TracebackEvent(done)), Contains(R"("sure":false)"));
  CHECK_THAT(ToJsonLine(TracebackEvent(samples::NothingFound())), Contains(R"("sure":null)"));
  TraceHop hop = samples::FoundHop();
  hop.finding = "console";
  CHECK_THAT(HopText(hop), Contains("begins at a terminal, which is not sure"));
}

TEST_CASE("events of traces pass through what reads alerts, and name no connection there") {
  AlertBook book;
  REQUIRE(book.AddLine(ToJsonLine(Event(samples::DirectPair()))).ok());
  for (const TracebackEvent& event : samples::Asked()) {
    INFO(ToJsonLine(event));
    CHECK(book.AddLine(ToJsonLine(event)).ok());
  }
  CHECK(book.Find(samples::DirectPair().alert_id)->connections.size() == 2);
}

TEST_CASE("the summary counts traces, if there were to be any") {
  RunSummary summary;
  summary.command = "watch";
  summary.end = "complete";
  CHECK_THAT(SummaryJson(summary), !Contains("tracing"));
  summary.tracing = TracingCounters{
      .traces = 3, .hops = 5, .claims = 1, .ended = {{"console", 2}}, .failed = {{"no_agent", 1}}};
  CHECK_THAT(SummaryJson(summary),
             Contains(R"("tracing":{"traces":3,"hops":5,"claims":1,"ended":{"console":2},)"
                      R"("failed":{"no_agent":1}})"));
  CHECK_THAT(SummaryText(summary), Contains("chains traced") && Contains("to console"));
}

}  // namespace
}  // namespace cairn::output
