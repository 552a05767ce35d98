// SPDX-License-Identifier: BSD-3-Clause
#include "output/alert_book.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "fmt/format.h"

#include "base/event_schema.h"
#include "nlohmann/json.hpp"
#include "output/json_fields.h"

namespace cairn::output {
namespace {

constexpr std::string_view kChainMark = "c-";
constexpr size_t kIdDigits = 16;
constexpr size_t kMostListed = 10;

std::string TextOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool Truth(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

void TakeConnection(const nlohmann::json& json, JsonFields& fields,
                    std::vector<AlertedConnection>& connections) {
  connections.push_back({.orig = fields.End(json, "orig"),
                         .resp = fields.End(json, "resp"),
                         .start = fields.Time(json, "start")});
}

// The connections that this object names in its own fields.
void TakeNamed(const nlohmann::json& object, JsonFields& fields,
               std::vector<AlertedConnection>& connections) {
  for (const char* key : {"upstream", "downstream", "connection"}) {
    const auto found = object.find(key);
    if (found != object.end()) TakeConnection(*found, fields, connections);
  }
}

// The same, of every object of an array.
void TakeEach(const nlohmann::json& object, const char* key,
              void (*take)(const nlohmann::json&, JsonFields&, std::vector<AlertedConnection>&),
              JsonFields& fields, std::vector<AlertedConnection>& connections) {
  const auto found = object.find(key);
  if (found == object.end()) return;
  if (!found->is_array()) return fields.Fail(key, "is not a list");
  for (const nlohmann::json& item : *found) {
    if (!item.is_object()) return fields.Fail(key, "is not a list of objects");
    take(item, fields, connections);
  }
}

// What goes into messages and output must not steer a terminal.
bool IsEventName(std::string_view text) {
  constexpr size_t kMostBytes = 40;
  return !text.empty() && text.size() <= kMostBytes &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

bool IsBeginOfId(std::string_view text) {
  if (text.starts_with(kChainMark)) text.remove_prefix(kChainMark.size());
  return !text.empty() && text.size() <= kIdDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool IsBeginOfChainId(std::string_view text) {
  return text.starts_with(kChainMark) && IsBeginOfId(text);
}

// Appends the ids of a sorted map that begin so.
template <typename Map>
void ListThose(const Map& map, std::string_view begin, std::vector<std::string>& ids) {
  for (auto it = map.lower_bound(begin); it != map.end() && it->first.starts_with(begin); ++it) {
    ids.push_back(it->first);
  }
}

void MakeUnique(std::vector<AlertedConnection>& connections) {
  const auto by_start = [](const AlertedConnection& a, const AlertedConnection& b) {
    return std::tie(a.start, a.orig, a.resp) < std::tie(b.start, b.orig, b.resp);
  };
  std::sort(connections.begin(), connections.end(), by_start);
  connections.erase(std::unique(connections.begin(), connections.end()), connections.end());
}

}  // namespace

absl::Status AlertBook::AddLine(std::string_view line) {
  const nlohmann::json json = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  if (json.is_discarded()) return absl::DataLossError("it is not JSON, or is cut off");
  if (!json.is_object() || TextOf(json, "schema") != kAlertSchema) {
    return absl::InvalidArgumentError(fmt::format("it is no event of '{}'", kAlertSchema));
  }
  JsonFields fields;
  const std::string event(fields.Text(json, "event"));
  if (!IsEventName(event)) fields.Fail("event", "is not the name of one");
  const PacketTime time = fields.Time(json, "time");
  std::vector<AlertedConnection> connections;
  TakeNamed(json, fields, connections);
  TakeEach(json, "hops", TakeConnection, fields, connections);
  TakeEach(json, "flows", TakeNamed, fields, connections);
  const std::string chain = TextOf(json, "chain");
  const std::string merged_into = TextOf(json, "merged_into");
  if (!chain.empty() && !IsBeginOfChainId(chain)) fields.Fail("chain", "is not the id of a chain");
  if (!merged_into.empty() && !IsBeginOfChainId(merged_into)) {
    fields.Fail("merged_into", "is not the id of a chain");
  }
  if (!fields.ok()) return absl::InvalidArgumentError(fields.fault());
  if (event == "clock_step") clock_was_set_ = true;
  if (event == "chain") {
    if (chain.empty()) return absl::InvalidArgumentError("its \"chain\" is missing");
    Chain& known = chains_[chain];
    known.hops.insert(known.hops.end(), connections.begin(), connections.end());
    MakeUnique(known.hops);
    known.merged_into = merged_into;
    known.truncated = Truth(json, "truncated");
    if (Truth(json, "ended")) known.end = time;
    return absl::OkStatus();
  }
  // Tokens of hosts, and what is not known, name no connection.
  if (connections.empty()) return absl::OkStatus();
  const std::string id = TextOf(json, "alert_id");
  if (!IsBeginOfId(id)) return absl::InvalidArgumentError("its \"alert_id\" is not an id");
  Alert& alert = alerts_[id];
  alert.chain = chain;
  alert.connections.insert(alert.connections.end(), connections.begin(), connections.end());
  MakeUnique(alert.connections);
  if (event == "stepping_stone_end") {
    alert.end = time;
    alert.evicted = TextOf(json, "cause") == "evicted";
    if (alert.event.empty()) alert.event = "stepping_stone";
  } else {
    alert.event = event;
  }
  return absl::OkStatus();
}

std::string AlertBook::Last(std::string chain) const {
  std::set<std::string> passed;  // a file that was tampered with may have a circle
  for (auto it = chains_.find(chain); it != chains_.end() && !it->second.merged_into.empty();
       it = chains_.find(chain)) {
    if (!passed.insert(chain).second) break;
    chain = it->second.merged_into;
  }
  return chain;
}

// A pair tells the end of one of its connections, and the chain that of the last.
std::optional<PacketTime> AlertBook::EndOf(const std::string& chain) const {
  const auto known = chains_.find(chain);
  if (known == chains_.end() || !known->second.end.has_value()) return std::nullopt;
  PacketTime end = *known->second.end;
  for (const auto& [id, alert] : alerts_) {
    if (alert.chain.empty() || Last(alert.chain) != chain) continue;
    if (alert.event != "stepping_stone") continue;
    if (!alert.end.has_value() || alert.evicted) return std::nullopt;
    end = std::max(end, *alert.end);
  }
  return end;
}

AlertedConnections AlertBook::OfAlert(const std::string& id, const Alert& alert) const {
  const std::string chain = alert.chain.empty() ? std::string() : Last(alert.chain);
  return {.id = id,
          .event = alert.event,
          .chain = chain,
          .connections = alert.connections,
          .end = EndOf(chain)};
}

AlertedConnections AlertBook::OfChain(const std::string& id) const {
  AlertedConnections found{
      .id = id, .event = "chain", .chain = id, .connections = {}, .end = EndOf(id)};
  for (const auto& [name, chain] : chains_) {
    if (Last(name) != id) continue;
    found.connections.insert(found.connections.end(), chain.hops.begin(), chain.hops.end());
    found.truncated = found.truncated || chain.truncated;
  }
  for (const auto& [alert_id, alert] : alerts_) {
    if (alert.chain.empty() || Last(alert.chain) != id) continue;
    found.connections.insert(found.connections.end(), alert.connections.begin(),
                             alert.connections.end());
  }
  MakeUnique(found.connections);
  return found;
}

absl::StatusOr<AlertedConnections> AlertBook::Find(std::string_view begin) const {
  if (!IsBeginOfId(begin)) {
    return absl::InvalidArgumentError(fmt::format(
        "'{}' is no id; write that of an alert ({} digits of 0-9 and a-f) or of a chain (the same "
        "after c-), or the first digits of it",
        begin, kIdDigits));
  }
  std::vector<std::string> ids;
  if (begin.starts_with(kChainMark)) {
    ListThose(chains_, begin, ids);
    // The chain of an alert whose update is not in the file.
    for (const auto& [id, alert] : alerts_) {
      if (alert.chain.starts_with(begin)) ids.push_back(alert.chain);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  } else {
    ListThose(alerts_, begin, ids);
  }
  // One that is whole, though others go on from it: versions before numbered chains.
  if (std::binary_search(ids.begin(), ids.end(), begin)) ids = {std::string(begin)};
  if (ids.empty()) {
    return absl::NotFoundError(fmt::format("no {} has an id that begins with '{}'",
                                           begin.starts_with(kChainMark) ? "chain" : "alert",
                                           begin));
  }
  if (ids.size() > 1) {
    std::string list;
    for (size_t i = 0; i < std::min(ids.size(), kMostListed); ++i) {
      list += (i == 0 ? "" : ", ") + ids[i];
    }
    if (ids.size() > kMostListed) list += ", ...";
    return absl::InvalidArgumentError(
        fmt::format("'{}' is the beginning of {} ids; write more of "
                    "one of them: {}",
                    begin, ids.size(), list));
  }
  if (begin.starts_with(kChainMark)) return OfChain(Last(ids[0]));
  return OfAlert(ids[0], alerts_.find(ids[0])->second);
}

}  // namespace cairn::output
