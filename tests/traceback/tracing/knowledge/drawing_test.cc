// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/drawing.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "nlohmann/json.hpp"
#include "tests/traceback/tracing/knowledge/sample_chains.h"

namespace cairn::tracing {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;

// What breaks terminals, XML, DOT and JSON where it is not escaped.
const std::string kHostile = "<x a=\"1\" b='2'>&amp;\\\"; \n\x1b[2J\x7f\xff\xe2\x80\xae]]>";

ShownChain Proven(const ChainParts& parts) {
  return {.chain = SampleChain(parts), .is_verified = true};
}

// Facts of the chain in their order, each as `change` makes it.
template <typename Change>
void ChangeFacts(Chain& chain, Change change) {
  for (SignedFact& hop : chain.hops) {
    absl::StatusOr<Fact> fact = DecodeFact(hop.fact);
    REQUIRE(fact.ok());
    change(*fact);
    hop.fact = EncodeFact(*fact);
  }
}

ShownChain Hostile() {
  ShownChain shown = {.chain = SampleChain({.hosts = {"web", "gate", "laptop"}}),
                      .doubt = kHostile};
  shown.chain.origin_name = kHostile;
  shown.chain.reason = kHostile;
  ChangeFacts(shown.chain, [](Fact& fact) {
    fact.host += kHostile;
    fact.gaps = {"tables"};
    for (Step& step : fact.steps) {
      step.user.name = kHostile.substr(0, kMostName);
      step.real.name = step.user.name;
      step.login = step.user;
      step.program = kHostile;
      step.terminal = kHostile.substr(0, kMostName);
    }
  });
  return shown;
}

bool IsPrinting(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

// Every element is closed by its own name, attributes are quoted, and no markup stands in text.
bool IsWellFormed(const std::string& xml) {
  std::vector<std::string> open;
  size_t at = 0;
  while (at < xml.size()) {
    if (xml[at] == '&') {
      const size_t end = xml.find(';', at);
      const std::string name = end == std::string::npos ? "" : xml.substr(at + 1, end - at - 1);
      if (name != "amp" && name != "lt" && name != "gt" && name != "quot") return false;
    }
    if (xml[at] != '<') {
      if (xml[at] == '>') return false;
      ++at;
      continue;
    }
    const size_t end = xml.find('>', at);
    if (end == std::string::npos) return false;
    std::string tag = xml.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.find('<') != std::string::npos || std::ranges::count(tag, '"') % 2 != 0) return false;
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" /", 1) - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  return open.empty();
}

TEST_CASE("A chain is told from its first host to its target") {
  const ShownChain shown = Proven({.number = 17});
  const std::string text = ChainText(shown);
  CHECK_THAT(text, Contains("trace " + TraceIdText(shown.chain.trace)));
  CHECK_THAT(text, Contains("2027-01-15 08:00:00"));
  CHECK_THAT(text, Contains("(alert a-17)"));
  CHECK_THAT(text, Contains("a user at a terminal"));
  CHECK_THAT(text, Contains("/usr/bin/ssh, pts/"));
  CHECK_THAT(text, Contains("since 2027-01-"));
  CHECK_THAT(text, !Contains("claim"));
  CHECK_THAT(text, !Contains("not sure"));
  CHECK(text.find("  laptop") < text.find("  gate"));
  CHECK(text.find("  gate") < text.find("  web"));
}

TEST_CASE("What is not verified is a claim, and what is not sure is said") {
  ShownChain shown = {.chain = SampleChain({}), .doubt = "no authorities"};
  ChangeFacts(shown.chain, [](Fact& fact) {
    if (fact.host == "gate") fact.one_of = 3;
    if (fact.host == "gate") fact.gaps = {"shared_memory"};
  });
  shown.chain.hops_collapsed = 27;
  const std::string text = ChainText(shown);
  CHECK_THAT(text, Contains("a claim, not verified: no authorities"));
  CHECK_THAT(text, Contains("not sure: one of 3 sessions"));
  CHECK_THAT(text, Contains("not seen there: shared_memory"));
  CHECK_THAT(text, Contains("27 more hops in the same circles"));
  CHECK_THAT(ChainListText({shown}), Contains("claim"));
}

TEST_CASE("Where a chain continues, the address is named") {
  ShownChain shown = Proven({.hosts = {"web", "gate"}, .end = End::kNoAgent});
  ChangeFacts(shown.chain, [](Fact& fact) {
    if (fact.host != "gate") return;
    fact.finding = Finding::kUpstream;
    fact.upstream = {.local = fact.asked.local,
                     .remote = {.ip = IpAddress::FromV4(0xc0000209), .port = 4711}};
  });
  CHECK_THAT(ChainText(shown), Contains("the host before has no agent\n  192.0.2.9\n"));
  CHECK_THAT(ChainListText({shown}), Contains("192.0.2.9 > alice@gate > alice@web"));
  CHECK_THAT(TreeText({shown}), Contains("192.0.2.9 (no_agent)"));
}

TEST_CASE("A chain without hops and one whose facts cannot be read are drawn, too") {
  ShownChain unread = Proven({});
  for (SignedFact& hop : unread.chain.hops) hop.fact = "?";
  for (const ShownChain& shown : {Proven({.hosts = {}, .end = End::kSilent}), unread}) {
    CHECK_THAT(ChainText(shown), Contains(TraceIdText(shown.chain.trace)));
    CHECK(Json::parse(ChainJson(shown)).is_object());
    CHECK(IsWellFormed(TreeSvg({shown})));
    CHECK(!TreeText({shown}).empty());
    CHECK(!TreeDot({shown}).empty());
  }
  CHECK(IsWellFormed(TreeSvg({})));
  CHECK(TreeText({}).empty());
}

TEST_CASE("Every end has words of its own") {
  std::vector<std::string> words;
  for (int end = 0; end <= static_cast<int>(End::kTime); ++end) {
    words.emplace_back(EndWords(static_cast<End>(end)));
  }
  std::ranges::sort(words);
  CHECK(std::ranges::adjacent_find(words) == words.end());
  CHECK(words.front().size() > 1);
}

TEST_CASE("Chains that come the same way are one branch of the tree") {
  const std::vector<ShownChain> chains = {
      Proven({.number = 1, .time = SampleTime(1), .hosts = {"web", "gate", "laptop"}}),
      Proven({.number = 2, .time = SampleTime(2), .hosts = {"web", "gate", "laptop"}}),
      Proven({.number = 3, .time = SampleTime(3), .hosts = {"web", "gate", "desk"}, .user = "bob"}),
      Proven({.number = 4, .time = SampleTime(4), .hosts = {"db", "gate"}})};
  const std::string trace2 = TraceIdText(chains[1].chain.trace);
  const std::string trace3 = TraceIdText(chains[2].chain.trace);
  const std::string trace4 = TraceIdText(chains[3].chain.trace);
  CHECK(TreeText(chains) ==
        "web  alice, bob  (3 chains, the last 2027-01-15 08:00:03)\n"
        "`-- gate  alice, bob\n"
        "    |-- laptop  alice\n"
        "    |   `-- a user at a terminal  (2 chains, the last 2027-01-15 08:00:02, trace " +
            trace2 +
            ")\n"
            "    `-- desk  bob\n"
            "        `-- a user at a terminal  (1 chain, the last 2027-01-15 08:00:03, trace " +
            trace3 +
            ")\n"
            "db  alice  (1 chain, the last 2027-01-15 08:00:04)\n"
            "`-- gate  alice\n"
            "    `-- a user at a terminal  (1 chain, the last 2027-01-15 08:00:04, trace " +
            trace4 + ")\n");
  const std::string dot = TreeDot(chains);
  CHECK_THAT(dot, Contains("n1 -> n0 [label=\"3\"]"));
  CHECK_THAT(dot, Contains("label=\"web\\nalice, bob\", shape=box]"));
  const std::string svg = TreeSvg(chains);
  CHECK(IsWellFormed(svg));
  CHECK_THAT(svg, Contains(">laptop</text>"));
  CHECK(std::ranges::count(svg, '\n') > 10);
}

TEST_CASE("More chains than can be drawn are said to be left out") {
  const std::vector<ShownChain> chains(kMostDrawn + 7, Proven({}));
  CHECK_THAT(TreeText(chains), Contains("7 more chains are left out"));
  CHECK_THAT(TreeDot(chains), Contains("7 more chains are left out"));
  CHECK_THAT(TreeSvg(chains), Contains("7 more are left out"));
}

TEST_CASE("Names cannot harm a terminal, a drawing or a program that reads them") {
  const ShownChain shown = Hostile();
  for (const std::string& text : {ChainText(shown), ChainListText({shown}), TreeText({shown}),
                                  TreeDot({shown}), TreeSvg({shown}), ChainJson(shown)}) {
    INFO(text);
    CHECK(IsPrinting(text));
  }
  CHECK(IsWellFormed(TreeSvg({shown})));
  const std::string json = ChainJson(shown);
  CHECK(std::ranges::count(json, '\n') == 1);
  const Json read = Json::parse(json);
  CHECK(read["verified"] == false);
  CHECK(read["hops"].size() == 3);
  CHECK(read["hops"][0]["steps"][0]["user"]["uid"] == 1000);
  // Strings of DOT end where they should: outside of them there is nothing but its own words.
  std::string outside;
  bool is_inside = false;
  const std::string dot = TreeDot({shown});
  for (size_t i = 0; i < dot.size(); ++i) {
    if (is_inside && dot[i] == '\\') {
      ++i;
    } else if (dot[i] == '"') {
      is_inside = !is_inside;
    } else if (!is_inside) {
      outside += dot[i];
    }
  }
  CHECK_FALSE(is_inside);
  CHECK_THAT(outside, !Contains("&") && !Contains("'") && !Contains("\x1b"));
}

TEST_CASE("What was met is told in words") {
  const Chain chain = SampleChain({});
  const Meeting meeting = {
      .kind = Meeting::Kind::kSameWay, .trace = chain.trace, .time = chain.time};
  CHECK(MeetingText(meeting) == "this user came the same way on 2027-01-15 08:00:00 (trace " +
                                    TraceIdText(chain.trace) + ")");
}

}  // namespace
}  // namespace cairn::tracing
