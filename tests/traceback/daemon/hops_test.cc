// SPDX-License-Identifier: BSD-3-Clause
// Which previous hosts are asked, for whom, and whose answers count.
#include "catch2/catch.hpp"

#include "traceback/daemon/hop_desk.h"
#include "traceback/daemon/hop_ledger.h"
#include "traceback/tokens/record.h"

namespace cairn::daemon {
namespace {

using std::chrono::hours;
using Clock = std::chrono::steady_clock;

const Clock::time_point kStart{hours(1000)};

Target TargetOf(uint16_t port, const char* remote = "10.0.0.7") {
  return {.local = {*IpAddress::Parse("10.0.0.1"), 22},
          .remote = {*IpAddress::Parse(remote), port}};
}

LookUp Asked(const char* asker, stop::RequestType type = stop::RequestType::kSvRec) {
  return {.type = type,
          .session_id = 7,
          .asker = {*IpAddress::Parse(asker), 999},
          .local = {},
          .remote = {}};
}

Answer Naming(std::vector<Target> targets) {
  return {.id = 1, .text = tokens::RandomToken(), .targets = std::move(targets)};
}

TEST_CASE("an answer counts once, and only for what was given out") {
  HopLedger ledger;
  const std::string token = tokens::RandomToken();
  ledger.HandOut(token, TargetOf(1), kStart);
  CHECK_FALSE(ledger.Take(token, TargetOf(2), kStart));
  CHECK_FALSE(ledger.Take(tokens::RandomToken(), TargetOf(1), kStart));
  CHECK(ledger.Take(token, TargetOf(1), kStart));
  CHECK_FALSE(ledger.Take(token, TargetOf(1), kStart));
}

TEST_CASE("what was given out counts for a time, and the newest of too many are known") {
  HopLedger ledger;
  const std::string token = tokens::RandomToken();
  ledger.HandOut(token, TargetOf(1), kStart);
  ledger.HandOut(token, TargetOf(2), kStart);
  CHECK(ledger.Take(token, TargetOf(1), kStart + HopLedger::kWindow - std::chrono::seconds(1)));
  CHECK_FALSE(ledger.Take(token, TargetOf(2), kStart + HopLedger::kWindow));
  ledger.HandOut(token, TargetOf(3), kStart);
  for (size_t i = 0; i < HopLedger::kMost; ++i) {
    ledger.HandOut(tokens::RandomToken(), TargetOf(1), kStart);
  }
  CHECK(ledger.size() == HopLedger::kMost);
  CHECK_FALSE(ledger.Take(token, TargetOf(3), kStart));
}

TEST_CASE("one question serves all tokens that wait for its answer") {
  FrontCounters counters;
  HopDesk desk({}, {}, counters);
  const Answer first = Naming({TargetOf(1)});
  const Answer second = Naming({TargetOf(1), TargetOf(2)});
  desk.Take(Asked("192.0.2.1"), first);
  desk.Take(Asked("192.0.2.2"), second);
  desk.Take(Asked("192.0.2.2", stop::RequestType::kIdRec), Naming({TargetOf(1)}));
  CHECK(counters.hops_asked == 3);  // 1, 2, and 1 by another type
  CHECK(counters.hops_joined == 1);
  CHECK(desk.waiting() == 4);
  CHECK(desk.Reports().empty());
}

TEST_CASE("each token that joined has the answer") {
  FrontCounters counters;
  Recursion options;
  options.ask.port = 1;  // nothing listens there
  options.ask.retries = 0;
  HopDesk desk(options, {}, counters);
  const Target target = {.local = {*IpAddress::Parse("127.0.0.1"), 22},
                         .remote = {*IpAddress::Parse("127.0.0.1"), 4}};
  const Answer first = Naming({target});
  const Answer second = Naming({target});
  desk.Take(Asked("192.0.2.1"), first);
  desk.Take(Asked("192.0.2.2"), second);
  desk.queue().Start(Clock::now());
  std::vector<HopReport> reports;
  for (int i = 0; i < 1000 && reports.empty(); ++i) {
    std::vector<pollfd> polled;
    desk.queue().AppendPolled(polled);
    poll(polled.data(), polled.size(), 10);
    desk.queue().Step(Clock::now(), polled);
    reports = desk.Reports();
  }
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].token == first.text);
  CHECK(reports[1].token == second.text);
  for (const HopReport& report : reports) {
    CHECK(report.target == target);
    CHECK(report.result == requester::Result::kRefused);
  }
  CHECK(desk.waiting() == 0);
}

TEST_CASE("one asker fills a quarter of the queue, and others have their place") {
  FrontCounters counters;
  Recursion options;
  options.max_targets = 1;
  options.ask.max_queued = 8;
  HopDesk desk(options, {}, counters);
  for (uint16_t port = 1; port <= 3; ++port) {
    desk.Take(Asked("192.0.2.1"), Naming({TargetOf(port)}));
  }
  const std::vector<HopReport> reports = desk.Reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].queue_full);
  CHECK(reports[0].target == TargetOf(3));
  desk.Take(Asked("192.0.2.2"), Naming({TargetOf(3)}));
  CHECK(desk.Reports().empty());
  CHECK(counters.hops_dropped == 1);
}

TEST_CASE("one asker fills a quarter of what may wait for one host") {
  FrontCounters counters;
  Recursion options;
  options.max_targets = 1;
  options.ask.max_queued_per_host = 8;
  HopDesk desk(options, {}, counters);
  for (uint16_t port = 1; port <= 5; ++port) {
    desk.Take(Asked("192.0.2.1"), Naming({TargetOf(port)}));
  }
  CHECK(counters.hops_dropped == 3);
  desk.Take(Asked("192.0.2.1"), Naming({TargetOf(1, "10.0.0.8")}));
  desk.Take(Asked("192.0.2.2"), Naming({TargetOf(5)}));
  CHECK(counters.hops_dropped == 3);
}

TEST_CASE("a quarter of the queue is for trusted askers, if there are any") {
  FrontCounters counters;
  Recursion options;
  options.max_targets = 1;
  options.ask.max_queued = 4;
  HopDesk desk(options, PrefixSet({*Prefix::Parse("192.0.2.9")}), counters);
  for (const char* asker : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}) {
    desk.Take(Asked(asker), Naming({TargetOf(1, asker)}));
  }
  CHECK(counters.hops_dropped == 1);
  desk.Take(Asked("192.0.2.9"), Naming({TargetOf(1, "10.0.0.9")}));
  CHECK(counters.hops_dropped == 1);
}

}  // namespace
}  // namespace cairn::daemon
