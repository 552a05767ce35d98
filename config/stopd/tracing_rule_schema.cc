// SPDX-License-Identifier: BSD-3-Clause
// Rules of the section tracing, as they are written.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "config/stopd/tracing_schema.h"
#include "traceback/tracing/rules/rule_check.h"
#include "traceback/tracing/rules/words.h"

namespace cairn::config {
namespace {

using tracing::Rule;

constexpr size_t kMaxNameBytes = 100;
constexpr std::string_view kExample =
    "{name: alert-root, when: {event: looked, users: root}, then: [ask, alert]}";

// Some words of the vocabulary; one alone needs no brackets.
template <typename T>
ValueType<std::set<T>> SomeOf(const tracing::Words<T>& words, std::string_view plural,
                              std::string example, EmptyList empty = EmptyList::kRefused) {
  return Converted<std::set<T>, std::vector<T>>(
      ListOf(OneOf<T>(words), plural, std::move(example), empty),
      [](const std::vector<T>& values) { return std::set<T>(values.begin(), values.end()); },
      [](const std::set<T>& values) { return std::vector<T>(values.begin(), values.end()); });
}

ValueType<std::string> Program() {
  return Scalar<std::string>(
      "a program's path, in which a '*' at the end stands for anything", "/usr/bin/ssh",
      [](std::string_view text) -> absl::StatusOr<std::string> {
        if (!text.starts_with('/') || text.size() > tracing::kMostText) {
          return absl::InvalidArgumentError(
              fmt::format("{} does not begin with '/', or is longer than {} bytes", Quoted(text),
                          tracing::kMostText));
        }
        if (text.find('*') < text.size() - 1) {
          return absl::InvalidArgumentError(
              fmt::format("{} has a '*' that is not at its end", Quoted(text)));
        }
        return std::string(text);
      },
      [](const std::string& path) { return YamlScalar(path); });
}

void AddConditions(Schema<Rule>& schema) {
  Group(
      schema, "when",
      "Conditions. All that are given must hold, each by one of its values. A condition holds only "
      "upon the events that have it.",
      [](auto& rule) -> auto& { return rule; })
      .Add("event", &Rule::events, SomeOf(tracing::EventWords(), "events", "[request, chain]"),
           "What has happened. begin: somebody on this host wants a trace. request: a peer asks "
           "about a connection of this host. looked: this host has been searched for who drives "
           "the connection. next_hop: a previous host is to be asked. ended: a trace that began "
           "here has ended. chain: a peer sends a finished chain. peer: a peer has introduced "
           "itself, or failed to. Without it, all events that have the other conditions.")
      .Add("connected", &Rule::connected,
           SomeOf(tracing::ConnectedWords(), "ways", "[console, nobody]"),
           "Upon looked: how the user is connected. console: at a terminal of this host. remote: "
           "by an inbound connection. nobody: no user's session drives it.")
      .Add("doing", &Rule::programs,
           ListOf(Program(), "programs", "[/usr/bin/ssh, \"/opt/tools/*\"]", EmptyList::kRefused),
           "Upon looked: the program that holds the connection.")
      .Add("users", &Rule::users,
           ListOf(Text(1, 64, "a user's name", "root"), "users", "[root, alice]",
                  EmptyList::kRefused),
           "Upon looked: users of this host, one of whom is on the way.")
      .Add("message", &Rule::message_valid, Optional(OneOf<bool>(tracing::MessageWords())),
           "Upon peer: whether what it said makes sense.")
      .Add(
          "peer", &Rule::peers, SomeOf(tracing::PeerKindWords(), "kinds", "[agent, asker]"),
          "Upon request, looked and ended: who asks. Upon chain and peer: who it is. agent: by its "
          "certificate, a host that asks and answers. asker: one that only asks, such as a "
          "sensor. unknown: it has not proven who it is. local: root of this host.")
      .Add("certificate", &Rule::certificates,
           SomeOf(tracing::CertificateWords(), "judgements", "[revoked, expired]"),
           "Upon peer: what is thought of its certificate.")
      .Add("trace", &Rule::traces, SomeOf(tracing::TraceStateWords(), "states", "[own, seen]"),
           "Upon request: new here, begun here (own), or asked about before (seen).")
      .Add("rate", &Rule::rates, SomeOf(tracing::RateWords(), "rates", "[exceeded]"),
           "Upon begin and request: whether who asks keeps to the limit "
           "(tracing.limits.max_rounds_per_peer_minute, max_rounds_per_asker_minute).")
      .Add("neighbour", &Rule::neighbour, Optional(Boolean()),
           "Upon request: whether the peer is the other end of the connection.")
      .Add("in_networks", &Rule::in_networks, Optional(Boolean()),
           "Upon next_hop: whether the next host is in tracing.networks.")
      .Add("known_way", &Rule::known_way, Optional(Boolean()),
           "Upon ended: whether an earlier chain came the same way.")
      .Add("end", &Rule::ends, SomeOf(tracing::EndWords(), "ends", "[outside, no_agent]"),
           "Upon ended: how the chain ends at its far end.")
      .Add("hosts", &Rule::networks, Networks(EmptyList::kRefused),
           "Upon request, chain and peer: where the peer is. Upon next_hop: where the next host "
           "is.");
}

Schema<Rule> MakeRuleSchema() {
  Schema<Rule> schema;
  Group top(
      schema, "", "", [](auto& rule) -> auto& { return rule; });
  top.Add("name", &Rule::name, Text(1, kMaxNameBytes, "a short name", "alert-root"),
          "Names the rule in the log and in counters. Required; no two rules share one.");
  AddConditions(schema);
  top.Add("then", &Rule::actions,
          SomeOf(tracing::ActionWords(), "actions", "[ask, alert]", EmptyList::kAllowed),
          "What is done. finish: the trace ends here. ask: the next host is asked. answer: from a "
          "look at this host, and by asking on. answer_known: from a look at this host alone. "
          "deny: nothing is told. save: the chain is kept on this host. broadcast, with save: all "
          "peers get it as well. alert: a warning in the log that names the rule. stop_sv: a "
          "record by STOP, of type SV, of the connection on this host.");
  return schema;
}

// Where the parts of a rule are written, by key.
struct Written {
  Mark rule;
  std::map<std::string, Mark> keys;

  Mark Of(const std::string& key) const {
    const auto found = keys.find(key);
    return found == keys.end() ? rule : found->second;
  }
};

std::optional<Rule> ReadRule(const Node& node, const Place& place, Written& written) {
  if (!node.IsMap()) {
    place.Fail(node.mark, fmt::format("expected a rule, for example {}", kExample));
    return std::nullopt;
  }
  Rule rule;
  written.rule = node.mark;
  rule.where = place.problems().Position(node.mark);
  for (const Node& item : node.items) written.keys[item.key] = item.key_mark;
  for (const KeyValue& value : TracingRuleSchema().Read(rule, node, place)) {
    written.keys[TracingRuleSchema().paths()[value.key]] = value.node->key_mark;
  }
  for (const std::string_view key : {"name", "when", "then"}) {
    if (written.keys.contains(std::string(key))) continue;
    place.Fail(node.mark, fmt::format("the rule has no '{}': add it, as in {}", key, kExample));
  }
  return rule;
}

void CheckNames(const std::vector<Rule>& rules, const std::vector<Written>& written,
                const Place& place) {
  const std::vector<Rule> shipped = tracing::DefaultRules();
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    const auto index = static_cast<size_t>(rule - rules.begin());
    const auto has_name = [&](const Rule& other) { return other.name == rule->name; };
    const Mark mark = written[index].Of("name");
    if (std::any_of(rules.begin(), rule, has_name)) {
      place.Item(index).Fail(
          mark, fmt::format("another rule has the name {} already", Quoted(rule->name)));
    }
    if (std::any_of(shipped.begin(), shipped.end(), has_name)) {
      place.Item(index).Fail(
          mark, fmt::format("a shipped rule has the name {}: choose another, so that the log says "
                            "which one it was",
                            Quoted(rule->name)));
    }
  }
}

std::optional<std::vector<Rule>> ReadRules(const Node& node, const Place& place) {
  if (!node.IsSequence()) {
    place.Fail(node.mark, fmt::format("expected a list of rules, for example [{}]", kExample));
    return std::nullopt;
  }
  if (node.items.size() > tracing::kMostRules) {
    place.Fail(node.mark,
               fmt::format("{} rules are more than {}", node.items.size(), tracing::kMostRules));
    return std::nullopt;
  }
  std::vector<Rule> rules;
  std::vector<Written> written;
  for (size_t i = 0; i < node.items.size(); ++i) {
    Written places;
    std::optional<Rule> rule = ReadRule(node.items[i], place.Item(i), places);
    if (!rule.has_value()) continue;
    rules.push_back(*std::move(rule));
    written.push_back(std::move(places));
  }
  // What was not understood would only lead to more faults.
  if (!place.problems().empty()) return rules;
  CheckNames(rules, written, place);
  for (const tracing::RuleFault& fault : tracing::CheckRules(rules)) {
    const Place item = place.Item(fault.rule);
    const Place key = fault.key.empty() ? item : item.Key(fault.key);
    key.Fail(written[fault.rule].Of(fault.key), fault.text);
  }
  return rules;
}

std::string WriteRules(const std::vector<Rule>& rules) {
  if (rules.empty()) return "[]";
  const Rule defaults;
  std::string text;
  for (const Rule& rule : rules) {
    std::string name;
    std::string then;
    std::vector<std::string> conditions;
    for (const Key<Rule>& key : TracingRuleSchema().keys()) {
      const std::string value = key.write(rule);
      if (key.path == "name") name = value;
      if (key.path == "then") then = value;
      if (!key.path.starts_with("when.") || value.empty() || value == key.write(defaults)) continue;
      conditions.push_back(fmt::format("{}: {}", key.path.substr(key.path.find('.') + 1), value));
    }
    text += fmt::format("\n- name: {}\n  when: {{{}}}\n  then: {}", name,
                        fmt::join(conditions, ", "), then);
  }
  return text;
}

}  // namespace

const Schema<Rule>& TracingRuleSchema() {
  static const Schema<Rule> schema = MakeRuleSchema();
  return schema;
}

ValueType<std::vector<Rule>> TracingRules() {
  ValueType<std::vector<Rule>> type;
  type.shape = Shape::kList;
  type.form = "a list of rules";
  type.example = fmt::format("[{}]", kExample);
  type.read = ReadRules;
  type.write = WriteRules;
  return type;
}

std::string DefaultTracingRules() { return WriteRules(tracing::DefaultRules()); }

}  // namespace cairn::config
