// SPDX-License-Identifier: BSD-3-Clause
#include "output/alert_book.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "output/json_lines.h"
#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

constexpr char kChain[] = "c-9a41d07e00112233";

AlertBook BookOf(const std::vector<Event>& events) {
  AlertBook book;
  for (const Event& event : events) REQUIRE(book.AddLine(ToJsonLine(event)).ok());
  return book;
}

AlertedConnection Of(const ConnectionSummary& connection) {
  return {.orig = connection.orig, .resp = connection.resp, .start = connection.start};
}

TEST_CASE("every kind of alert is found by any beginning of its id, with its connections") {
  const AlertBook book = BookOf(samples::All());
  const AlertedConnections pair = book.Find("5f").value();
  CHECK(pair.id == "5f0c0123456789ab");
  CHECK(pair.event == "stepping_stone");
  const AlertedConnections exposure = book.Find("00000000000000e1").value();
  CHECK(exposure.event == "exposure");
  CHECK(exposure.chain == kChain);
  CHECK(exposure.connections.size() == 2);
  CHECK(book.Find("00000000000000c4")->event == "message_relay");
  CHECK(book.Find("00000000000000ab")->event == "unjudged");
  CHECK(book.Find("00000000000000f6")->connections ==
        std::vector<AlertedConnection>{Of(samples::Downstream()), Of(samples::Upstream())});
}

TEST_CASE("an insertion has one connection; a corrected pair still has two") {
  const AlertBook book = BookOf(
      {samples::ForgedLogin(), samples::DirectPair(), samples::RevisedPair(), samples::PairEnd()});
  CHECK(book.Find("00000000000000b7")->connections ==
        std::vector<AlertedConnection>{Of(samples::Upstream())});
  CHECK(book.Find("5f0c0123456789ab")->connections.size() == 2);
}

TEST_CASE("an id that is none, of nobody or of several is explained") {
  AlertBook book = BookOf({samples::DirectPair()});
  SteppingStone other = samples::DirectPair();
  other.alert_id = "5f0cffffffffffff";
  REQUIRE(book.AddLine(ToJsonLine(other)).ok());
  CHECK(absl::IsInvalidArgument(book.Find("10.0.0.1").status()));
  CHECK(absl::IsInvalidArgument(book.Find("").status()));
  CHECK(absl::IsInvalidArgument(book.Find("c-").status()));
  CHECK(absl::IsNotFound(book.Find("6").status()));
  CHECK(absl::IsNotFound(book.Find("c-6").status()));
  const absl::Status several = book.Find("5f0c").status();
  CHECK(absl::IsInvalidArgument(several));
  CHECK(std::string(several.message()).find("5f0c0123456789ab, 5f0cffffffffffff") !=
        std::string::npos);
}

TEST_CASE("a chain has all its hops and pairs, also those that came with a chain it took in") {
  ChainUpdate other = samples::ThreeHops();
  other.chain = "c-7b1c5d2288990011";
  other.hops.resize(1);
  other.hops[0].connection =
      samples::Connection(samples::At("192.0.2.1", 1), samples::At("192.0.2.2", 22));
  ChainUpdate merged = other;
  merged.hops.clear();
  merged.complete = false;
  merged.ended = true;
  merged.merged_into = kChain;
  const AlertBook book = BookOf({other, samples::ThreeHops(), merged});
  const AlertedConnections chain = book.Find("c-9").value();
  CHECK(chain.id == kChain);
  CHECK(chain.connections.size() == 4);
  CHECK_FALSE(chain.end.has_value());
  const AlertedConnections by_old_name = book.Find("c-7b1c").value();
  CHECK(by_old_name.id == kChain);
  CHECK(by_old_name.connections == chain.connections);
}

TEST_CASE("an id that is whole is found, though others begin with it") {
  ChainUpdate first = samples::ThreeHops();
  first.chain = "c-1";
  ChainUpdate tenth = first;
  tenth.chain = "c-10";
  const AlertBook book = BookOf({first, tenth});
  CHECK(book.Find("c-1")->id == "c-1");
  CHECK(book.Find("c-10")->id == "c-10");
}

TEST_CASE("the end is known when the chain and all its pairs have ended, and none was evicted") {
  ChainUpdate ended = samples::ThreeHops();
  ended.ended = true;
  ended.time = samples::Moment(90);
  SteppingStoneEnd end = samples::PairEnd();
  CHECK_FALSE(BookOf({samples::DirectPair(), ended}).Find("5f")->end.has_value());
  CHECK_FALSE(BookOf({samples::DirectPair(), end}).Find("5f")->end.has_value());
  CHECK(BookOf({samples::DirectPair(), end, ended}).Find("5f")->end == samples::Moment(90));
  CHECK(BookOf({samples::DirectPair(), end, ended}).Find("c-9")->end == samples::Moment(90));
  end.cause = "evicted";
  CHECK_FALSE(BookOf({samples::DirectPair(), end, ended}).Find("5f")->end.has_value());
}

TEST_CASE("lines that are none or have a fault are told, and change nothing") {
  AlertBook book;
  CHECK(absl::IsDataLoss(book.AddLine(R"({"schema": "cairn/1", "ti)")));
  for (const char* line : {"[]", "{}", R"({"schema":"other/1","event":"stepping_stone"})",
                           R"({"schema":"cairn/1","event":"stepping_stone","alert_id":"ab"})"}) {
    CHECK(absl::IsInvalidArgument(book.AddLine(line)));
  }
  std::string wrong_port = ToJsonLine(Event(samples::DirectPair()));
  wrong_port.replace(wrong_port.find("48224"), 5, "99999");
  CHECK(absl::IsInvalidArgument(book.AddLine(wrong_port)));
  // Nothing that steers a terminal gets into a message or into what is found.
  for (
      const char* hostile :
      {R"({"schema":"cairn/1","time":"2026-11-21T03:55:00Z","event":"\u001b[2J"})",
       R"({"schema":"cairn/1","time":"2026-11-21T03:55:00Z","event":"chain","chain":"c-\u001b[2J"})",
       R"({"schema":"cairn/1","time":"2026-11-21T03:55:00Z","event":"chain","chain":"c-1","merged_into":"\n"})"}) {
    const absl::Status status = book.AddLine(hostile);
    CHECK(absl::IsInvalidArgument(status));
    CHECK(status.message().find('\x1b') == absl::string_view::npos);
  }
  CHECK(book.empty());
  CHECK_FALSE(book.clock_was_set());
  CHECK(book.AddLine(ToJsonLine(samples::Step())).ok());
  CHECK(book.clock_was_set());
}

}  // namespace
}  // namespace cairn::output
