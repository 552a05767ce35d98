// SPDX-License-Identifier: BSD-3-Clause
#include "output/alert_reader.h"

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "fmt/format.h"

#include "base/event_schema.h"
#include "nlohmann/json.hpp"
#include "output/json_fields.h"

namespace cairn::output {
namespace {

bool IsAlertId(std::string_view text) {
  constexpr size_t kDigits = 16;
  return text.size() == kDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool IsChainId(std::string_view text) {
  return text.starts_with("c-") && IsAlertId(text.substr(2));
}

// `reversed` where it is written; otherwise by `stone`, where that is known: keystrokes run towards
// it on upstream and away from it on downstream.
bool IsReversed(const nlohmann::json& connection, const ConnectionSummary& ends,
                const std::optional<IpAddress>& stone, bool is_upstream) {
  const auto found = connection.find("reversed");
  if (found != connection.end() && found->is_boolean()) return found->get<bool>();
  if (!stone.has_value()) return false;
  return is_upstream ? ends.orig.ip == *stone : ends.resp.ip == *stone;
}

ConnectionSummary ConnectionOf(const nlohmann::json& parent, bool is_upstream,
                               const std::optional<IpAddress>& stone, JsonFields& fields) {
  ConnectionSummary connection;
  const nlohmann::json* json = fields.Find(parent, is_upstream ? "upstream" : "downstream");
  if (json == nullptr) return connection;
  connection.orig = fields.End(*json, "orig");
  connection.resp = fields.End(*json, "resp");
  if (fields.ok()) {
    connection.reversed = IsReversed(*json, connection, stone, is_upstream);
  }
  return connection;
}

}  // namespace

absl::StatusOr<std::optional<JudgedAlert>> ParseAlertLine(std::string_view line) {
  const nlohmann::json json = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  if (json.is_discarded()) return absl::DataLossError("it is not JSON, or is cut off");
  if (!json.is_object()) return absl::InvalidArgumentError("it is not a JSON object");
  JsonFields fields;
  JudgedAlert alert;
  const std::string_view schema = fields.Text(json, "schema");
  if (fields.ok() && schema != kAlertSchema) {
    fields.Fail("schema", fmt::format("is not '{}'", kAlertSchema));
  }
  alert.event = std::string(fields.Text(json, "event"));
  if (!fields.ok()) return absl::InvalidArgumentError(fields.fault());
  const bool is_relay = alert.event == "relay_node";
  const bool is_stone = alert.event == "stepping_stone";
  if (!is_stone && !is_relay && alert.event != "unjudged") return std::nullopt;

  SteppingStone& pair = alert.pair;
  pair.time = fields.Time(json, "time");
  pair.alert_id = std::string(fields.Text(json, "alert_id"));
  if (!IsAlertId(pair.alert_id)) fields.Fail("alert_id", "is not an id of 16 hexadecimal digits");
  const nlohmann::json* host = fields.Find(json, "host");
  if (host != nullptr && !host->is_null()) pair.host = fields.Ip(json, "host");
  const nlohmann::json* connections = &json;
  if (is_relay) {
    const nlohmann::json* flows = fields.Find(json, "flows");
    if (flows == nullptr || !flows->is_array()) fields.Fail("flows", "is not a list");
    if (!fields.ok()) return absl::InvalidArgumentError(fields.fault());
    if (flows->empty()) return std::nullopt;  // the policy was not asked either
    connections = &flows->front();
  }
  if (is_stone) {
    pair.revision =
        static_cast<uint32_t>(fields.Count(json, "revision", std::numeric_limits<uint32_t>::max()));
    const std::string_view kind = fields.Text(json, "kind");
    if (kind != "direct" && kind != "indirect") fields.Fail("kind", "is not direct or indirect");
    pair.kind = kind == "indirect" ? PairKind::kIndirect : PairKind::kDirect;
  }
  pair.upstream = ConnectionOf(*connections, true, pair.host, fields);
  pair.downstream = ConnectionOf(*connections, false, pair.host, fields);
  // Not every kind has one, and not before pairs were joined.
  const auto chain = json.find("chain");
  if (chain != json.end() && chain->is_string()) pair.chain = chain->get<std::string>();
  if (!pair.chain.empty() && !IsChainId(pair.chain))
    fields.Fail("chain", "is not the id of a chain");
  if (!fields.ok()) return absl::InvalidArgumentError(fields.fault());
  return alert;
}

}  // namespace cairn::output
