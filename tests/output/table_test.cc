// SPDX-License-Identifier: BSD-3-Clause
#include "output/table.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <string>

#include "catch2/catch.hpp"
#include "fmt/format.h"

#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

// A table that writes to an unnamed file.
class Paper {
 public:
  explicit Paper(TerminalStyle style) {
    std::string pattern = "/tmp/cairn_table_XXXXXX";
    descriptor_ = mkstemp(pattern.data());
    REQUIRE(descriptor_ >= 0);
    writer_ = *LineWriter::Open({.option = {},
                                 .what = {},
                                 .path = fmt::format("/dev/fd/{}", descriptor_),
                                 .existing = ExistingFile::kAppend,
                                 .is_ours = {}});
    unlink(pattern.c_str());
    table_ = std::make_unique<Table>(*writer_, style);
  }
  ~Paper() { close(descriptor_); }

  Table& table() { return *table_; }
  std::string Text() const {
    std::string text;
    std::array<char, 4096> bytes{};
    off_t offset = 0;
    for (;;) {
      const ssize_t n = pread(descriptor_, bytes.data(), bytes.size(), offset);
      if (n <= 0) return text;
      text.append(bytes.data(), static_cast<size_t>(n));
      offset += n;
    }
  }
  size_t LongestLine() const {
    std::istringstream lines(Text());
    size_t longest = 0;
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    return longest;
  }

 private:
  int descriptor_ = -1;
  std::unique_ptr<LineWriter> writer_;
  std::unique_ptr<Table> table_;
};

constexpr TerminalStyle kWide{.columns = 120, .colour = false};
constexpr TerminalStyle kNarrow{.columns = 80, .colour = false};

TEST_CASE("a row tells when, what, which alert, who over whom to where, why, and the chain") {
  Paper paper(kWide);
  REQUIRE(paper.table().Write(samples::DirectPair()).ok());
  const std::string text = paper.Text();
  CHECK_THAT(text, Catch::Contains("TIME") && Catch::Contains("2026-11-21 (UTC)"));
  CHECK_THAT(text, Catch::Contains("10:15:02  direct         5f0c0123  "
                                   "172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22"));
  CHECK_THAT(text, Catch::Contains("match 73%, run 18, lag 3.1 ms; chain c-9a41d07e\n"));
}

TEST_CASE("no line is wider than the terminal, and nothing is left out on a narrow one") {
  for (const int columns : {80, 100, 120, 159, 160, 200}) {
    Paper paper({.columns = columns, .colour = false});
    for (const Event& event : samples::All()) REQUIRE(paper.table().Write(event).ok());
    REQUIRE(paper.table().Conclude().ok());
    INFO(paper.Text());
    CHECK(paper.LongestLine() <= static_cast<size_t>(columns));
    CHECK_THAT(paper.Text(), Catch::Contains("[2001:db8:1::2]:22"));
    for (const char* words : {"direct ", "indirect ", "message relay ", "unjudged ", "relay node ",
                              "exposure ", "revised ", "ended ", "chain "}) {
      CHECK_THAT(paper.Text(), Catch::Contains(words));
    }
    for (const char c : paper.Text()) CHECK((c == '\n' || (c >= ' ' && c <= '~')));
  }
}

TEST_CASE("the whole table at 80 and at 200 columns") {
  Paper narrow({.columns = 80, .colour = false});
  Paper wide({.columns = 200, .colour = false});
  for (Paper* paper : {&narrow, &wide}) {
    REQUIRE(paper->table().Write(samples::DirectPair()).ok());
    REQUIRE(paper->table().Write(samples::IndirectPair()).ok());
  }
  CHECK(narrow.Text() ==
        "TIME      KIND           ID        UPSTREAM -> STONE -> DOWNSTREAM\n"
        "2026-11-21 (UTC)\n"
        "10:15:02  direct         5f0c0123  172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22\n"
        "                                   match 73%, run 18, lag 3.1 ms; chain\n"
        "                                   c-9a41d07e\n"
        "10:15:02  indirect       5f0c0123  2001:db8:ffff::1 -> [2001:db8::8]:22\n"
        "                                   ~> 2001:db8::9 -> [2001:db8:1::2]:22\n"
        "                                   match 73%, run 18, lag 3.1 ms; allowed by\n"
        "                                   rule 'bastion': the site's jump host; chain\n"
        "                                   c-18d2e0f1\n");
  CHECK(wide.Text() ==
        "TIME      KIND           ID        UPSTREAM -> STONE -> DOWNSTREAM\n"
        "2026-11-21 (UTC)\n"
        "10:15:02  direct         5f0c0123  172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22"
        "              match 73%, run 18, lag 3.1 ms; chain c-9a41d07e\n"
        "10:15:02  indirect       5f0c0123  2001:db8:ffff::1 -> [2001:db8::8]:22 ~> 2001:db8::9"
        "       match 73%, run 18, lag 3.1 ms; allowed by rule 'bastion': the site's "
        "jump host; chain c-18d2e0f1\n"
        "                                   -> [2001:db8:1::2]:22\n");
}

TEST_CASE("an id is shown as far as it takes to tell it from those before") {
  Paper paper(kNarrow);
  SteppingStone event = samples::DirectPair();
  REQUIRE(paper.table().Write(event).ok());
  event.alert_id = "5f0c0123ffffffff";
  REQUIRE(paper.table().Write(event).ok());
  CHECK_THAT(paper.Text(), Catch::Contains("direct         5f0c0123  172.16.4.2 -> ") &&
                               Catch::Contains("direct         5f0c0123ffffffff  172.16.4.2 -> "));
  CHECK(paper.LongestLine() <= 80);
}

TEST_CASE("a pair that slots decided shows what they saw, and how often chance does as much") {
  Paper paper({.columns = 200, .colour = false});
  SteppingStone event = samples::SlowPair();
  REQUIRE(paper.table().Write(event).ok());
  CHECK_THAT(
      paper.Text(),
      Catch::Contains("by slots: 7.5 deviations, lag 500 ms; delay suspected; by chance once "
                      "in 4 months at this site;") &&
          !Catch::Contains("match"));
  event.evidence.slots->matching.nats = 30;
  REQUIRE(paper.table().Write(event).ok());
  CHECK_THAT(paper.Text(), Catch::Contains(", 412 segments matched (350 by chance)"));
}

TEST_CASE("the headings come once, the date again when the day changes") {
  Paper paper(kWide);
  SteppingStone tomorrow = samples::DirectPair();
  tomorrow.time = samples::Moment(24 * 3600);
  REQUIRE(paper.table().Write(samples::DirectPair()).ok());
  REQUIRE(paper.table().Write(samples::DirectPair()).ok());
  REQUIRE(paper.table().Write(tomorrow).ok());
  const std::string text = paper.Text();
  CHECK(text.find("TIME") == text.rfind("TIME"));
  CHECK(text.find("2026-11-21 (UTC)") == text.rfind("2026-11-21 (UTC)"));
  CHECK_THAT(text, Catch::Contains("2026-11-22 (UTC)"));
}

TEST_CASE("a corrected pair has a row of its own and is one pair still") {
  Paper paper(kWide);
  REQUIRE(paper.table().Write(samples::DirectPair()).ok());
  REQUIRE(paper.table().Write(samples::RevisedPair()).ok());
  REQUIRE(paper.table().Conclude().ok());
  CHECK_THAT(paper.Text(), Catch::Contains("revised ") &&
                               Catch::Contains("upstream and downstream corrected; match") &&
                               Catch::Contains("1 pair") && !Catch::Contains("2 pairs"));
}

TEST_CASE("an exposure says what it means") {
  Paper paper(kWide);
  REQUIRE(paper.table().Write(samples::ExposedPassphrase()).ok());
  CHECK_THAT(paper.Text(), Catch::Contains("exposure ") && Catch::Contains("telnet leads to SSH") &&
                               Catch::Contains("10.10.0.15"));
}

TEST_CASE("a relay node has a row with the flows that carry most, or else with its address") {
  Paper paper(kWide);
  RelayNode event = samples::PassingHost();
  REQUIRE(paper.table().Write(event).ok());
  CHECK_THAT(
      paper.Text(),
      Catch::Contains("relay node     00000000  172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22") &&
          Catch::Contains("10.10.0.15 passes on what it receives; by chance once in 300 years for "
                          "one host"));
  Paper without_flows(kWide);
  event.flows.clear();
  event.policy = samples::Verdict();
  REQUIRE(without_flows.table().Write(event).ok());
  CHECK_THAT(without_flows.Text(), Catch::Contains("relay node     00000000  10.10.0.15\n") &&
                                       Catch::Contains("allowed by rule"));
}

TEST_CASE("a chain has a row of its own only when it is longer than a pair") {
  Paper paper(kWide);
  ChainUpdate pair = samples::ThreeHops();
  pair.hops.pop_back();
  pair.hop_count = 2;
  REQUIRE(paper.table().Write(pair).ok());
  CHECK(paper.Text().empty());
  REQUIRE(paper.table().Write(samples::ThreeHops()).ok());
  CHECK_THAT(paper.Text(), Catch::Contains("172.16.2.2:22 -> 10.10.7.7:22") ||
                               Catch::Contains("-> 10.10.7.7:22"));
}

TEST_CASE("a short chain's row is the whole chain, a long one's new hops have none of their own") {
  Paper paper(kWide);
  ChainUpdate update = samples::ThreeHops();
  REQUIRE(paper.table().Write(update).ok());
  ChainUpdate::Hop hop = update.hops[0];
  update.complete = false;
  size_t rows = 1;
  for (uint32_t n = 4; n <= 300; ++n) {
    hop.connection.resp.port = static_cast<uint16_t>(n);
    hop.after = 0;
    update.hops = {hop};
    update.hop_count = n;
    const size_t before = paper.Text().size();
    REQUIRE(paper.table().Write(update).ok());
    const bool has_row = paper.Text().size() > before;
    CHECK(has_row == (n <= Table::kMostShown));
    if (has_row) ++rows;
  }
  CHECK(rows == 6);
  // At its end it has been told; but if the rows before were behind, it has one more.
  update.hops.assign(300, hop);
  update.complete = update.ended = true;
  const size_t before = paper.Text().size();
  REQUIRE(paper.table().Write(update).ok());
  CHECK(paper.Text().size() == before);
  REQUIRE(paper.table().Conclude().ok());
  CHECK_THAT(paper.Text(), Catch::Contains(":300"));
}

TEST_CASE("a pair that ends has a row, one that ends with the capture has none") {
  Paper paper(kWide);
  SteppingStoneEnd end = samples::PairEnd();
  end.cause = "end_of_capture";
  REQUIRE(paper.table().Write(end).ok());
  CHECK(paper.Text().empty());
  REQUIRE(paper.table().Write(samples::PairEnd()).ok());
  CHECK_THAT(paper.Text(), Catch::Contains("ended") && Catch::Contains("1 min 0 s, by a reset"));
}

TEST_CASE("an allowed alert names the rule, without letting it steer the terminal") {
  Paper paper(kWide);
  SteppingStone event = samples::DirectPair();
  event.policy = PolicyVerdict{.rule = "ba\x1b[31mstion", .owner = "", .reason = "jump host"};
  REQUIRE(paper.table().Write(event).ok());
  CHECK_THAT(paper.Text(), Catch::Contains("allowed by rule 'ba?[31mstion': jump host"));
}

TEST_CASE("colour is used only when the style says so") {
  Paper plain(kWide);
  Paper coloured({.columns = 120, .colour = true});
  for (Paper* paper : {&plain, &coloured}) {
    REQUIRE(paper->table().Write(samples::ExposedPassphrase()).ok());
    REQUIRE(paper->table().Conclude().ok());
  }
  CHECK(plain.Text().find('\x1b') == std::string::npos);
  CHECK(coloured.Text().find("\x1b[1;31m") != std::string::npos);
}

TEST_CASE("the digest has one line an incident, from origin to target") {
  Paper paper(kWide);
  REQUIRE(paper.table().Write(samples::DirectPair()).ok());
  REQUIRE(paper.table().Write(samples::ExposedPassphrase()).ok());
  REQUIRE(paper.table().Write(samples::ThreeHops()).ok());
  REQUIRE(paper.table().Write(samples::IndirectPair()).ok());
  const size_t before = paper.Text().size();
  REQUIRE(paper.table().Conclude().ok());
  const std::string digest = paper.Text().substr(before);
  CHECK_THAT(digest, Catch::Contains("2 incidents (chains):"));
  CHECK_THAT(digest, Catch::Contains(
                         "c-9a41d07e  172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22 -> 10.10.7.7"));
  CHECK_THAT(digest, Catch::Contains("1 pair, exposed by telnet"));
  CHECK_THAT(digest, Catch::Contains("c-18d2e0f1") && Catch::Contains("allowed"));
}

TEST_CASE("a run without alerts says so") {
  Paper paper(kWide);
  REQUIRE(paper.table().Conclude().ok());
  CHECK(paper.Text() == "No stepping stones found.\n");
}

TEST_CASE("the digest keeps a bounded number of incidents and says that there are more") {
  Paper paper(kWide);
  SteppingStone event = samples::DirectPair();
  for (size_t i = 0; i <= Table::kMaxIncidents; ++i) {
    event.chain = fmt::format("c-{:08x}00000000", i);
    REQUIRE(paper.table().Write(event).ok());
  }
  REQUIRE(paper.table().Conclude().ok());
  CHECK_THAT(paper.Text(), Catch::Contains("1000 incidents (chains):") &&
                               Catch::Contains("and more, not listed here"));
}

TEST_CASE("a trace is told hop by hop, and its incident says where it leads") {
  Paper paper(kWide);
  REQUIRE(paper.table().Write(samples::DirectPair()).ok());
  REQUIRE(paper.table().Write(samples::FoundHop()).ok());
  REQUIRE(paper.table().Write(samples::FoundOrigin()).ok());
  REQUIRE(paper.table().Conclude().ok());
  std::string text = paper.Text();
  text.erase(std::unique(text.begin(), text.end(),
                         [](char a, char b) { return isspace(a) && isspace(b); }),
             text.end());
  CHECK_THAT(text, Catch::Contains("trace hop 5f0c0123 10.10.0.15:37534 -> 172.16.2.2:22"));
  CHECK_THAT(text,
             Catch::Contains("hop 1, stone.example.org (10.10.0.15): root (logged in as alice)"));
  CHECK_THAT(text, Catch::Contains("trace done 5f0c0123 10.10.0.15"));
  CHECK_THAT(text, Catch::Contains("2 hops, to a user at a terminal: alice on"));
  CHECK_THAT(text, Catch::Contains("traced to alice on desk.example.org, at a terminal"));
}

TEST_CASE("a claim is no finding, and a trace that found nothing leads nowhere") {
  Paper paper(kWide);
  REQUIRE(paper.table().Write(samples::DirectPair()).ok());
  REQUIRE(paper.table().Write(samples::ClaimedHop()).ok());
  TraceDone nothing = samples::NothingFound();
  nothing.asked = samples::TraceOf(samples::DirectPair());
  REQUIRE(paper.table().Write(nothing).ok());
  REQUIRE(paper.table().Conclude().ok());
  CHECK_THAT(paper.Text(), Catch::Contains("trace claim") && Catch::Contains("10.10.0.8 claims:"));
  CHECK_THAT(paper.Text(), Catch::Contains("trace failed") && Catch::Contains("nothing is known"));
  CHECK_THAT(paper.Text(), !Catch::Contains("traced to"));
}

TEST_CASE("what hosts send steers no terminal, and widens no line") {
  for (const int columns : {80, 160}) {
    Paper paper({.columns = columns, .colour = false});
    REQUIRE(paper.table().Write(samples::DirectPair()).ok());
    TraceHop hop = samples::FoundHop();
    hop.name = "\x1b[31mh";
    hop.steps[0].user = "a\nb";
    hop.steps[0].program = "/bin/" + std::string(5, '\x07');
    TraceDone done = samples::FoundOrigin();
    done.last_user = "a\x1b[2J";
    done.detail = "\r\n";
    REQUIRE(paper.table().Write(hop).ok());
    REQUIRE(paper.table().Write(done).ok());
    for (const TracebackEvent& event : samples::Asked()) REQUIRE(paper.table().Write(event).ok());
    REQUIRE(paper.table().Conclude().ok());
    CHECK_THAT(paper.Text(),
               !Catch::Contains("\x1b") && !Catch::Contains("\r") && !Catch::Contains("\x07"));
    CHECK(paper.LongestLine() <= static_cast<size_t>(columns));
  }
}

}  // namespace
}  // namespace cairn::output
