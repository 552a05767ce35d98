// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "config/keys/port_values.h"
#include "config/policy_values.h"
#include "config/settings_schema.h"

namespace cairn::config {
namespace {

using policy::AllowRule;

constexpr size_t kMaxNameBytes = 100;
constexpr size_t kMaxReasonBytes = 500;

// One of these must be given: days and hours alone would allow whatever happens in them.
constexpr std::array<std::string_view, 6> kConditions = {"upstream_hosts",   "stone_hosts",
                                                         "downstream_hosts", "upstream_ports",
                                                         "downstream_ports", "kind"};

ValueType<std::vector<uint16_t>> Ports() {
  return PortsAndRanges("[22, 2222]", EmptyList::kRefused);
}

Schema<AllowRule> MakeRuleSchema() {
  Schema<AllowRule> schema;
  Group(
      schema, "", "", [](auto& rule) -> auto& { return rule; })
      .Add("name", &AllowRule::name, Text(1, kMaxNameBytes, "a short name", "night-backup"),
           "Names the rule in alerts and counters. Required; no two rules share one.")
      .Add("upstream_hosts", &AllowRule::upstream_hosts, Networks(EmptyList::kRefused),
           "Where the person is: the far end of the upstream connection.")
      .Add("stone_hosts", &AllowRule::stone_hosts, Networks(EmptyList::kRefused),
           "The stepping stone: the host that the downstream connection comes from.")
      .Add("downstream_hosts", &AllowRule::downstream_hosts, Networks(EmptyList::kRefused),
           "Where the person goes: the far end of the downstream connection.")
      .Add("upstream_ports", &AllowRule::upstream_ports, Ports(),
           "The responder's port of the upstream connection.")
      .Add("downstream_ports", &AllowRule::downstream_ports, Ports(),
           "The responder's port of the downstream connection.")
      .Add("kind", &AllowRule::kind,
           Optional(
               OneOf<PairKind>({{"direct", PairKind::kDirect}, {"indirect", PairKind::kIndirect}})),
           "The kind of pair. Without it, both.")
      .Add("days", &AllowRule::days, Days(),
           "Days of the week, in the rule's time zone. Without it, every day.")
      .Add("hours", &AllowRule::hours,
           ListOf(Hours(), "ranges", "[\"08:00-12:00\", \"13:00-18:00\"]", EmptyList::kRefused),
           "Hours in the rule's time zone, the end excluded. A range may pass midnight "
           "(\"22:00-06:00\"); it "
           "belongs to the day on which it begins. Without it, all hours.")
      .Add("expires", &AllowRule::expires, Optional(LastDay()),
           "The last day, in the rule's time zone, on which the rule holds. Afterwards it matches "
           "nothing, and the summary says so.")
      .Add("timezone", &AllowRule::timezone, TimeZoneName(),
           "The time zone of days, hours and expires. Without it, policy.timezone.")
      .Add(
          "action", &AllowRule::action,
          OneOf<policy::Action>(
              {{"suppress", policy::Action::kSuppress}, {"mark", policy::Action::kMark}}),
          "suppress: the alert is counted and not written. mark: it is written and names the rule.")
      .Add("owner", &AllowRule::owner, Text(0, kMaxNameBytes, "a text", "operations"),
           "Who answers for the rule.")
      .Add("reason", &AllowRule::reason,
           Text(0, kMaxReasonBytes, "a text", "\"nightly copy to the archive\""),
           "Why the rule exists.");
  schema.AddFormerName("originator", "upstream_hosts");
  schema.AddFormerName("middle", "stone_hosts");
  schema.AddFormerName("target", "downstream_hosts");
  return schema;
}

bool IsGiven(const std::vector<KeyValue>& found, std::string_view key) {
  return std::any_of(found.begin(), found.end(),
                     [&](const KeyValue& value) { return RuleSchema().paths()[value.key] == key; });
}

std::optional<AllowRule> ReadRule(const Node& node, const Place& place) {
  if (!node.IsMap()) {
    place.Fail(node.mark,
               "expected a rule, for example {name: night-backup, upstream_hosts: 192.0.2.0/24}");
    return std::nullopt;
  }
  AllowRule rule;
  const std::vector<KeyValue> found = RuleSchema().Read(rule, node, place);
  if (!IsGiven(found, "name")) place.Fail(node.mark, "the rule has no name: add 'name: ...'");
  if (std::none_of(kConditions.begin(), kConditions.end(),
                   [&](std::string_view key) { return IsGiven(found, key); })) {
    place.Fail(node.mark,
               fmt::format("the rule would allow every stepping stone: add at least one of {}",
                           fmt::join(kConditions, ", ")));
  }
  return rule;
}

std::optional<std::vector<AllowRule>> ReadRules(const Node& node, const Place& place) {
  if (!node.IsSequence()) {
    place.Fail(node.mark,
               "expected a list of rules, for example [{name: night-backup, upstream_hosts: "
               "192.0.2.0/24}]");
    return std::nullopt;
  }
  std::vector<AllowRule> rules;
  std::set<std::string> names;
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    std::optional<AllowRule> rule = ReadRule(item, place.Item(i));
    if (!rule.has_value()) continue;
    if (!rule->name.empty() && !names.insert(rule->name).second) {
      place.Item(i).Fail(item.mark,
                         fmt::format("another rule has the name {} already", Quoted(rule->name)));
    }
    rules.push_back(*std::move(rule));
  }
  return rules;
}

std::string WriteRules(const std::vector<AllowRule>& rules) {
  if (rules.empty()) return "[]";
  const AllowRule defaults;
  std::string text;
  for (const AllowRule& rule : rules) {
    std::string_view lead = "- ";
    for (const Key<AllowRule>& key : RuleSchema().keys()) {
      const std::string value = key.write(rule);
      if (value.empty() || value == key.write(defaults)) continue;
      text += fmt::format("\n{}{}: {}", lead, key.path, value);
      lead = "  ";
    }
  }
  return text;
}

}  // namespace

const Schema<AllowRule>& RuleSchema() {
  static const Schema<AllowRule> schema = MakeRuleSchema();
  return schema;
}

ValueType<std::vector<AllowRule>> AllowRules() {
  ValueType<std::vector<AllowRule>> type;
  type.shape = Shape::kList;
  type.form = "a list of rules";
  type.example = "[{name: night-backup, upstream_hosts: 192.0.2.0/24}]";
  type.read = ReadRules;
  type.write = WriteRules;
  return type;
}

}  // namespace cairn::config
