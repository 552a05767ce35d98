// SPDX-License-Identifier: BSD-3-Clause
// Rules of chain tracing as they are written.
#include <fstream>
#include <iterator>
#include <string>

#include "config/stopd/tracing_schema.h"
#include "tests/config/stopd/stopd_load.h"
#include "traceback/tracing/rules/words.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using tracing::Action;
using tracing::Event;
using tracing::Rule;

Rule OneRule(const std::string& keys) {
  const daemon::Options options = StopdSound("tracing: {rules: [{name: r, " + keys + "}]}");
  REQUIRE(options.tracing.rules.size() == tracing::DefaultRules().size() + 1);
  return options.tracing.rules[0];
}

// What is said of rules, one to a line.
std::string RulesFault(const std::string& rules) {
  return StopdFault("tracing:\n  rules:\n" + rules);
}

TEST_CASE("a rule of the agent with every condition of its event is read") {
  const Rule looked = OneRule(
      "when: {event: looked, connected: [remote, not_known], doing: [/usr/bin/ssh, \"/opt/*\"], "
      "users: [root, alice]}, then: [ask, alert, stop_sv]");
  CHECK(looked.name == "r");
  CHECK(looked.events == std::set<Event>{Event::kLooked});
  CHECK(looked.connected ==
        std::set<tracing::Connected>{tracing::Connected::kRemote, tracing::Connected::kNotKnown});
  CHECK(looked.programs == std::vector<std::string>{"/usr/bin/ssh", "/opt/*"});
  CHECK(looked.users == std::vector<std::string>{"root", "alice"});
  CHECK(looked.actions == std::set<Action>{Action::kAsk, Action::kAlert, Action::kStopSv});
  CHECK_FALSE(looked.shipped);

  const Rule request = OneRule(
      "when: {event: request, peer: agent, trace: new, rate: within, neighbour: false, hosts: "
      "192.0.2.0/24}, then: deny");
  CHECK(request.peers == std::set<tracing::PeerKind>{tracing::PeerKind::kAgent});
  CHECK(request.traces == std::set<tracing::TraceState>{tracing::TraceState::kNew});
  CHECK(request.rates == std::set<tracing::Rate>{tracing::Rate::kWithin});
  CHECK(request.neighbour == false);
  CHECK(request.networks.Contains(*IpAddress::Parse("192.0.2.7")));

  const Rule peer =
      OneRule("when: {event: peer, message: valid, certificate: [valid, revoked]}, then: deny");
  CHECK(peer.message_valid == true);
  CHECK(peer.certificates ==
        std::set<tracing::Distrust>{tracing::Distrust::kNone, tracing::Distrust::kRevoked});

  const Rule next = OneRule("when: {event: next_hop, in_networks: true}, then: ask");
  CHECK(next.in_networks == true);
  const Rule ended = OneRule(
      "when: {event: ended, known_way: true, end: [outside, no_agent]}, then: [save, alert]");
  CHECK(ended.known_way == true);
  CHECK(ended.ends == std::set<tracing::End>{tracing::End::kOutside, tracing::End::kNoAgent});
}

TEST_CASE("a rule remembers where it is written") {
  const daemon::Options options =
      StopdSound("tracing:\n  rules:\n    - {name: r, when: {event: begin}, then: deny}\n");
  CHECK(options.tracing.rules[0].where == "test.yaml:3:7");
}

TEST_CASE("the rules of the site stand before the shipped ones, in whatever order they are set") {
  constexpr std::string_view kRule = "tracing.rules=[{name: r, when: {event: begin}, then: deny}]";
  const size_t shipped = tracing::DefaultRules().size();
  daemon::Options options = StopdWith(kRule);
  REQUIRE(options.tracing.rules.size() == shipped + 1);
  CHECK(options.tracing.rules[0].name == "r");
  CHECK(options.tracing.rules[1].name == tracing::DefaultRules()[0].name);
  // Both once only.
  REQUIRE(ApplyStopd(options, kRule).ok());
  REQUIRE(ApplyStopd(options, "tracing.default_rules=true").ok());
  CHECK(options.tracing.rules.size() == shipped + 1);
  REQUIRE(ApplyStopd(options, "tracing.default_rules=false").ok());
  REQUIRE(options.tracing.rules.size() == 1);
  CHECK_FALSE(CheckStopd(options).ok());
  REQUIRE(ApplyStopd(options, "tracing.rules=[]").ok());
  CHECK(options.tracing.rules.empty());
  REQUIRE(ApplyStopd(options, "tracing.default_rules=true").ok());
  CHECK(options.tracing.rules.size() == shipped);
}

TEST_CASE("the shipped rules can be written, and take the place of themselves") {
  std::string text;
  for (const char c : DefaultTracingRules()) {
    text += c;
    if (c == '\n') text += "    ";
  }
  // Their own names are taken.
  CHECK_THAT(StopdFault("tracing:\n  default_rules: false\n  rules:" + text),
             Contains("a shipped rule has the name 'invalid-message'"));
  for (size_t at = text.find("name: "); at != std::string::npos; at = text.find("name: ", at + 1)) {
    text.insert(at + 6, "my-");
  }
  const daemon::Options options = StopdSound("tracing:\n  default_rules: false\n  rules:" + text);
  const std::vector<Rule> shipped = tracing::DefaultRules();
  REQUIRE(options.tracing.rules.size() == shipped.size());
  for (size_t i = 0; i < shipped.size(); ++i) {
    INFO(shipped[i].name);
    CHECK(options.tracing.rules[i].name == "my-" + shipped[i].name);
    CHECK(options.tracing.rules[i].actions == shipped[i].actions);
    CHECK(options.tracing.rules[i].events == shipped[i].events);
  }
}

TEST_CASE("a rule that is ill-formed is told with its place") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"    - {when: {event: begin}, then: deny}",
       "test.yaml:3:7: tracing.rules[1]: the rule has no 'name'"},
      {"    - {name: r, then: deny}", "the rule has no 'when'"},
      {"    - {name: r, when: {event: begin}}", "the rule has no 'then'"},
      {"    - {name: \"\", when: {event: begin}, then: deny}", "the text is empty"},
      {"    - deny", "test.yaml:3:7: tracing.rules[1]: expected a rule, for example {name:"},
      {"    - {name: r, when: begin, then: deny}",
       "tracing.rules[1].when: expected a group of keys, such as when.event"},
      {"    - {name: r, when: {events: begin}, then: deny}",
       "test.yaml:3:24: tracing.rules[1]: unknown key 'when.events'; the nearest known key is "
       "when.event"},
      {"    - {name: r, if: {event: begin}, then: deny}", "unknown key 'if'"},
      {"    - {name: r, when: {event: begins}, then: deny}",
       "test.yaml:3:31: tracing.rules[1].when.event[1]: 'begins' is not known; expected begin or "
       "request or looked"},
      {"    - {name: r, when: {certificate: none}, then: deny}", "'none' is not known"},
      {"    - {name: r, when: {event: []}, then: deny}", "when.event: is empty"},
      {"    - {name: r, when: {event: begin}, then: allow}",
       "test.yaml:3:45: tracing.rules[1].then[1]: 'allow' is not known; expected finish or ask"},
      {"    - {name: r, when: {doing: ssh}, then: ask}", "'ssh' does not begin with '/'"},
      {"    - {name: r, when: {doing: \"/usr/*/ssh\"}, then: ask}",
       "'/usr/*/ssh' has a '*' that is not at its end"},
      {"    - {name: r, when: {hosts: 192.0.2.1/24}, then: deny}", "has bits beyond its length"},
  }));
  CHECK_THAT(RulesFault(text), Contains(told));
}

TEST_CASE("a rule without sense is told with its place and what to do") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"    - name: r\n      when: {event: request, users: root}\n      then: answer",
       "test.yaml:4:30: tracing.rules[1].when.users: users is not perceived upon request; it is "
       "upon looked"},
      {"    - name: r\n      when: {users: root, neighbour: true}\n      then: deny",
       "test.yaml:4:7: tracing.rules[1].when: there is no event"},
      {"    - name: r\n      when: {event: request}\n      then: [answer, deny]",
       "test.yaml:5:7: tracing.rules[1].then: answer and deny exclude each other"},
      {"    - name: r\n      when: {event: looked}\n      then: [ask, save]",
       "test.yaml:5:7: tracing.rules[1].then: save cannot be done upon looked; it can upon ended, "
       "chain"},
      {"    - name: r\n      when: {event: ended}\n      then: [broadcast, alert]",
       "test.yaml:5:7: tracing.rules[1].then: broadcast goes with save"},
      {"    - name: r\n      when: {event: request}\n      then: []",
       "test.yaml:5:7: tracing.rules[1].then: it does not say what is done upon request"},
      {"    - name: r\n      when: {event: peer, certificate: expired}\n      then: answer",
       "test.yaml:5:7: tracing.rules[1].then: with a certificate that is expired, deny is all"},
      {"    - {name: r, when: {event: request}, then: deny}\n"
       "    - {name: s, when: {event: request, peer: agent}, then: answer}",
       "test.yaml:4:7: tracing.rules[2]: the rule can never match, since r takes all of it"},
      {"    - {name: r, when: {event: request}, then: deny}\n"
       "    - {name: r, when: {event: begin}, then: answer}",
       "test.yaml:4:8: tracing.rules[2]: another rule has the name 'r' already"},
      {"    - {name: console, when: {event: begin}, then: answer}",
       "test.yaml:3:8: tracing.rules[1]: a shipped rule has the name 'console'"},
  }));
  CHECK_THAT(RulesFault(text), Contains(told));
}

TEST_CASE("more rules than are allowed are refused, as many are not") {
  const auto rules = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      text += "    - {name: r" + std::to_string(i) + ", when: {event: request, hosts: 192.0.2." +
              std::to_string(i) + "}, then: deny}\n";
    }
    return text;
  };
  StopdSound("tracing:\n  rules:\n" + rules(64));
  CHECK_THAT(RulesFault(rules(65)), Contains("tracing.rules: 65 rules are more than 64"));
}

TEST_CASE("the reference tells the conditions of a rule and the shipped rules") {
  const std::string reference = StopdReferenceMarkdown();
  for (const Key<Rule>& key : TracingRuleSchema().keys()) {
    INFO(key.path);
    CHECK(key.documentation.ends_with('.'));
    CHECK_THAT(reference, Contains("| `" + key.path.substr(key.path.rfind('.') + 1) + "` |"));
  }
  for (const Rule& rule : tracing::DefaultRules()) {
    CHECK_THAT(reference, Contains("- name: " + rule.name + "\n"));
  }
}

TEST_CASE("the page about tracing has every word of the vocabulary, and its examples are sound") {
  std::ifstream file(CAIRN_SOURCE_DIR "/docs/tracing.md", std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto check = [&](const auto& words) {
    for (const auto& [word, value] : words) CHECK_THAT(page, Contains("`" + word + "`"));
  };
  check(tracing::EventWords());
  check(tracing::ConnectedWords());
  check(tracing::MessageWords());
  check(tracing::PeerKindWords());
  check(tracing::CertificateWords());
  check(tracing::TraceStateWords());
  check(tracing::RateWords());
  check(tracing::EndWords());
  check(tracing::ActionWords());
  for (const Key<Rule>& key : TracingRuleSchema().keys()) {
    if (!key.path.starts_with("when.")) continue;
    CHECK_THAT(page, Contains("\n| `" + key.path.substr(5) + "` |"));
  }
  const size_t begin = page.find("```yaml\ntracing:\n  rules:");
  REQUIRE(begin != std::string::npos);
  const size_t end = page.find("\n```", begin);
  StopdSound(std::string_view(page).substr(begin + 8, end - begin - 8));
}

}  // namespace
}  // namespace cairn::config
