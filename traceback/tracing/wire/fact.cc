// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/fact.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "fmt/format.h"

#include "traceback/tracing/wire/cbor.h"
#include "traceback/tracing/wire/fields.h"

namespace cairn::tracing {
namespace {

constexpr Names<Finding, 6> kFindings = {{
    {Finding::kUpstream, "upstream"},
    {Finding::kConsole, "console"},
    {Finding::kProcess, "process"},
    {Finding::kNotKnown, "not_known"},
    {Finding::kNoSuchConnection, "no_such_connection"},
    {Finding::kFailed, "failed"},
}};
constexpr size_t kUserParts = 2;
constexpr size_t kLinkParts = 3;

std::optional<uint8_t> Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

Cbor UserOf(const User& user) {
  Cbor parts = Cbor::array();
  parts.push_back(user.uid);
  parts.push_back(BytesOf(user.name, kMostName));
  return parts;
}

bool GetUser(const Cbor& value, User& user) {
  return value.is_array() && value.size() == kUserParts && Get(value[0], user.uid) &&
         GetBytes(value[1], kMostName, user.name);
}

Cbor StepOf(const Step& step) {
  Cbor map = Cbor::object();
  map["pid"] = step.pid;
  PutTime(map, "start", step.start);
  map["user"] = UserOf(step.user);
  map["real"] = UserOf(step.real);
  if (step.login.has_value()) map["login"] = UserOf(*step.login);
  PutBytes(map, "program", step.program, kMostText);
  PutBytes(map, "terminal", step.terminal, kMostName);
  if (!step.how.empty()) map["how"] = WordOf(step.how);
  return map;
}

bool GetStep(const Cbor& value, Step& step) {
  Fields fields(value, "a step");
  fields.Required("pid", step.pid);
  fields.Optional("start", step.start);
  const Cbor* user = fields.Find("user");
  const Cbor* real = fields.Find("real");
  if (user == nullptr || !GetUser(*user, step.user)) fields.Fail("user");
  if (real == nullptr || !GetUser(*real, step.real)) fields.Fail("real");
  const Cbor* login = fields.Find("login");
  if (login != nullptr && !GetUser(*login, step.login.emplace())) fields.Fail("login");
  fields.OptionalBytes("program", kMostText, step.program);
  fields.OptionalBytes("terminal", kMostName, step.terminal);
  if (const Cbor* how = fields.Find("how"); how != nullptr && !GetWord(*how, step.how)) {
    fields.Fail("how");
  }
  return fields.status().ok();
}

Cbor LinkOf(const Link& link) {
  Cbor parts = Cbor::array();
  parts.push_back(ConnectionOf(link.outbound));
  parts.push_back(ConnectionOf(link.inbound));
  parts.push_back(link.sure);
  return parts;
}

bool GetLink(const Cbor& value, Link& link) {
  return value.is_array() && value.size() == kLinkParts && Get(value[0], link.outbound) &&
         Get(value[1], link.inbound) && Get(value[2], link.sure);
}

// The first `steps` steps and `links` links of it.
std::string Encode(const Fact& fact, size_t steps, size_t links) {
  Cbor map = Cbor::object();
  map["trace"] = BytesOf(fact.trace);
  PutBytes(map, "host", fact.host, kMostText);
  PutTime(map, "time", fact.time);
  map["asked"] = ConnectionOf(fact.asked);
  map["inbound"] = fact.asked_is_inbound;
  map["finding"] = std::string(FindingName(fact.finding));
  if (fact.upstream.has_value()) map["upstream"] = ConnectionOf(*fact.upstream);
  map["sure"] = fact.sure;
  map["one_of"] = fact.one_of;
  Cbor list = Cbor::array();
  for (size_t i = 0; i < steps; ++i) list.push_back(StepOf(fact.steps[i]));
  map["steps"] = std::move(list);
  const size_t left_out = fact.steps.size() - steps + fact.steps_left_out;
  map["left_out"] = static_cast<uint32_t>(std::min<size_t>(left_out, UINT32_MAX));
  Cbor gaps = Cbor::array();
  for (const std::string& gap : fact.gaps) {
    if (gaps.size() < kMostGaps) gaps.push_back(WordOf(gap));
  }
  map["gaps"] = std::move(gaps);
  Cbor pairs = Cbor::array();
  for (size_t i = 0; i < links; ++i) pairs.push_back(LinkOf(fact.links[i]));
  map["links"] = std::move(pairs);
  return CborBytes(map);
}

}  // namespace

std::string TraceIdText(const TraceId& id) {
  std::string text;
  for (const uint8_t byte : id) text += fmt::format("{:02x}", byte);
  return text;
}

std::optional<TraceId> ParseTraceId(std::string_view text) {
  TraceId id = {};
  if (text.size() != 2 * id.size()) return std::nullopt;
  for (size_t i = 0; i < id.size(); ++i) {
    const std::optional<uint8_t> high = Digit(text[2 * i]);
    const std::optional<uint8_t> low = Digit(text[2 * i + 1]);
    if (!high.has_value() || !low.has_value()) return std::nullopt;
    id[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return id;
}

std::string Connection::ToString() const {
  return fmt::format("{} -> {}", local.ToString(), remote.ToString());
}

std::string_view FindingName(Finding finding) { return NameIn(kFindings, finding); }

std::string EncodeFact(const Fact& fact) {
  size_t steps = std::min(fact.steps.size(), kMostSteps);
  size_t links = std::min(fact.links.size(), kMostLinks);
  std::string bytes = Encode(fact, steps, links);
  while (bytes.size() > kMostFactBytes && links + steps > 0) {
    if (links > 0) {
      links /= 2;
    } else {
      --steps;
    }
    bytes = Encode(fact, steps, links);
  }
  return bytes;
}

absl::StatusOr<Fact> DecodeFact(std::string_view bytes) {
  const absl::StatusOr<Cbor> map = ParseCbor(bytes, kMostFactBytes);
  if (!map.ok()) return map.status();
  Fact fact;
  Fields fields(*map, "a fact");
  fields.Required("trace", fact.trace);
  fields.OptionalBytes("host", kMostText, fact.host);
  fields.Optional("time", fact.time);
  fields.Required("asked", fact.asked);
  fields.Required("inbound", fact.asked_is_inbound);
  fields.RequiredName("finding", kFindings, fact.finding);
  fields.Optional("upstream", fact.upstream);
  if (fact.upstream.has_value() != (fact.finding == Finding::kUpstream)) fields.Fail("upstream");
  fields.Required("sure", fact.sure);
  fields.Required("one_of", fact.one_of);
  if (fact.one_of == 0) fields.Fail("one_of");
  fields.Each("steps", kMostSteps,
              [&](const Cbor& step) { return GetStep(step, fact.steps.emplace_back()); });
  fields.Required("left_out", fact.steps_left_out);
  fields.Each("gaps", kMostGaps,
              [&](const Cbor& gap) { return GetWord(gap, fact.gaps.emplace_back()); });
  fields.Each("links", kMostLinks,
              [&](const Cbor& link) { return GetLink(link, fact.links.emplace_back()); });
  if (!fields.status().ok()) return fields.status();
  return fact;
}

}  // namespace cairn::tracing
