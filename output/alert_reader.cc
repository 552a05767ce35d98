// SPDX-License-Identifier: BSD-3-Clause
#include "output/alert_reader.h"

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "fmt/format.h"

#include "nlohmann/json.hpp"
#include "output/json_lines.h"
#include "output/time_text.h"

namespace cairn::output {
namespace {

using Json = nlohmann::json;

// Takes values out of one alert and keeps the first fault.
class Fields {
 public:
  std::string_view Text(const Json& object, const char* key) {
    const Json* value = Find(object, key);
    if (value != nullptr && value->is_string()) return value->get_ref<const std::string&>();
    if (value != nullptr) Fail(key, "is no text");
    return {};
  }

  IpAddress Ip(const Json& object, const char* key) {
    const absl::StatusOr<IpAddress> ip = IpAddress::Parse(Text(object, key));
    if (!ip.ok()) Fail(key, "is no address");
    return ip.value_or(IpAddress());
  }

  uint64_t Number(const Json& object, const char* key, uint64_t most) {
    const Json* value = Find(object, key);
    if (value != nullptr && value->is_number_unsigned() && value->get<uint64_t>() <= most) {
      return value->get<uint64_t>();
    }
    Fail(key, fmt::format("is no whole number up to {}", most));
    return 0;
  }

  const Json* Find(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (found != object.end()) return &*found;
    Fail(key, "is missing");
    return nullptr;
  }

  void Fail(std::string_view key, std::string_view what) {
    if (fault_.empty()) fault_ = fmt::format("its \"{}\" {}", key, what);
  }
  const std::string& fault() const { return fault_; }

 private:
  std::string fault_;
};

bool IsAlertId(std::string_view text) {
  constexpr size_t kDigits = 16;
  return text.size() == kDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Endpoint EndOf(const Json& connection, const char* key, Fields& fields) {
  const Json* end = fields.Find(connection, key);
  if (end == nullptr) return {};
  const uint64_t port = fields.Number(*end, "port", std::numeric_limits<uint16_t>::max());
  return {.ip = fields.Ip(*end, "ip"), .port = static_cast<uint16_t>(port)};
}

// `reversed` where it is written; otherwise by `stone`, where that is known: keystrokes run towards
// it on upstream and away from it on downstream.
bool IsReversed(const Json& connection, const ConnectionSummary& ends,
                const std::optional<IpAddress>& stone, bool is_upstream) {
  const auto found = connection.find("reversed");
  if (found != connection.end() && found->is_boolean()) return found->get<bool>();
  if (!stone.has_value()) return false;
  return is_upstream ? ends.orig.ip == *stone : ends.resp.ip == *stone;
}

ConnectionSummary ConnectionOf(const Json& parent, bool is_upstream,
                               const std::optional<IpAddress>& stone, Fields& fields) {
  ConnectionSummary connection;
  const Json* json = fields.Find(parent, is_upstream ? "upstream" : "downstream");
  if (json == nullptr) return connection;
  connection.orig = EndOf(*json, "orig", fields);
  connection.resp = EndOf(*json, "resp", fields);
  if (fields.fault().empty()) {
    connection.reversed = IsReversed(*json, connection, stone, is_upstream);
  }
  return connection;
}

}  // namespace

absl::StatusOr<std::optional<JudgedAlert>> ParseAlertLine(std::string_view line) {
  const Json json = Json::parse(line.begin(), line.end(), nullptr, false);
  if (json.is_discarded()) return absl::DataLossError("it is no JSON, or cut off");
  if (!json.is_object()) return absl::InvalidArgumentError("it is no JSON object");
  Fields fields;
  JudgedAlert alert;
  const std::string_view schema = fields.Text(json, "schema");
  if (fields.fault().empty() && schema != kAlertSchema) {
    fields.Fail("schema", fmt::format("is not '{}'", kAlertSchema));
  }
  alert.event = std::string(fields.Text(json, "event"));
  if (!fields.fault().empty()) return absl::InvalidArgumentError(fields.fault());
  const bool is_relay = alert.event == "relay_node";
  const bool is_stone = alert.event == "stepping_stone";
  if (!is_stone && !is_relay && alert.event != "unjudged") return std::nullopt;

  SteppingStone& pair = alert.pair;
  const std::optional<PacketTime> time = ParseRfc3339(fields.Text(json, "time"));
  if (!time.has_value()) fields.Fail("time", "is no time such as 2026-11-21T03:55:00.000000000Z");
  pair.time = time.value_or(PacketTime());
  pair.alert_id = std::string(fields.Text(json, "alert_id"));
  if (!IsAlertId(pair.alert_id)) fields.Fail("alert_id", "is no id of 16 hexadecimal digits");
  const Json* host = fields.Find(json, "host");
  if (host != nullptr && !host->is_null()) pair.host = fields.Ip(json, "host");
  const Json* connections = &json;
  if (is_relay) {
    const Json* flows = fields.Find(json, "flows");
    if (flows == nullptr || !flows->is_array()) fields.Fail("flows", "is no list");
    if (!fields.fault().empty()) return absl::InvalidArgumentError(fields.fault());
    if (flows->empty()) return std::nullopt;  // the policy was not asked either
    connections = &flows->front();
  }
  if (is_stone) {
    pair.revision = static_cast<uint32_t>(
        fields.Number(json, "revision", std::numeric_limits<uint32_t>::max()));
    const std::string_view kind = fields.Text(json, "kind");
    if (kind != "direct" && kind != "indirect") fields.Fail("kind", "is not direct or indirect");
    pair.kind = kind == "indirect" ? PairKind::kIndirect : PairKind::kDirect;
  }
  pair.upstream = ConnectionOf(*connections, true, pair.host, fields);
  pair.downstream = ConnectionOf(*connections, false, pair.host, fields);
  if (!fields.fault().empty()) return absl::InvalidArgumentError(fields.fault());
  return alert;
}

}  // namespace cairn::output
