// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/json_parts.h"

#include <charconv>
#include <system_error>

#include "base/time_text.h"

namespace cairn::tokens {
namespace {

// "192.0.2.1:22", "[2001:db8::1]:22".
std::optional<Endpoint> ParseEnd(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  std::string_view ip_text = text.substr(0, colon);
  if (ip_text.starts_with('[') && ip_text.ends_with(']')) {
    ip_text = ip_text.substr(1, ip_text.size() - 2);
  }
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(ip_text);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!ip.ok() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Endpoint{*ip, port};
}

// The plain request of RFC 1413 has no name of its own on the wire.
std::string_view TypeName(stop::RequestType type) {
  return type == stop::RequestType::kIdent ? "ident" : stop::RequestTypeName(type);
}

}  // namespace

void PutText(Json& json, const char* key, std::string_view text) {
  if (!text.empty()) json[key] = std::string(text);
}
void PutNumber(Json& json, const char* key, int64_t number) {
  if (number != 0) json[key] = number;
}
void PutFlag(Json& json, const char* key, bool flag) {
  if (flag) json[key] = true;
}
void PutTime(Json& json, const char* key, PacketTime time) {
  if (time.IsSet()) json[key] = Rfc3339(time);
}
void PutEnd(Json& json, const char* key, const Endpoint& end) {
  if (end != Endpoint()) json[key] = end.ToString();
}

const Json* JsonReader::Find(const char* key) const {
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(key);
  return found == json_.end() ? nullptr : &*found;
}

std::string JsonReader::Text(const char* key) {
  const Json* value = Find(key);
  if (value == nullptr) return {};
  const auto* text = value->get_ptr<const std::string*>();
  if (text == nullptr) sound_ = false;
  return text == nullptr ? std::string() : *text;
}

std::optional<int64_t> JsonReader::Integer(const char* key) {
  const Json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer()) {
    sound_ = false;
    return std::nullopt;
  }
  return value->get<int64_t>();  // an integer: does not throw
}

std::optional<uint32_t> JsonReader::OptionalNumber(const char* key) {
  if (Find(key) == nullptr) return std::nullopt;
  return Number<uint32_t>(key);
}

bool JsonReader::Flag(const char* key) {
  const Json* value = Find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) sound_ = false;
  return value->is_boolean() && value->get<bool>();
}

PacketTime JsonReader::Time(const char* key) {
  const std::string text = Text(key);
  if (text.empty()) return PacketTime::InfinitePast();
  const std::optional<PacketTime> time = ParseRfc3339(text);
  if (!time.has_value()) sound_ = false;
  return time.value_or(PacketTime::InfinitePast());
}

std::optional<Endpoint> JsonReader::OptionalEnd(const char* key) {
  const std::string text = Text(key);
  if (text.empty()) return std::nullopt;
  const std::optional<Endpoint> end = ParseEnd(text);
  if (!end.has_value()) sound_ = false;
  return end;
}

Endpoint JsonReader::End(const char* key) { return OptionalEnd(key).value_or(Endpoint()); }

const Json& JsonReader::List(const char* key) {
  static const Json none = Json::array();
  const Json* value = Find(key);
  if (value == nullptr) return none;
  if (!value->is_array()) sound_ = false;
  return value->is_array() ? *value : none;
}

const Json& JsonReader::Object(const char* key) {
  static const Json none = Json::object();
  const Json* value = Find(key);
  if (value == nullptr) return none;
  if (!value->is_object()) sound_ = false;
  return value->is_object() ? *value : none;
}

void PutAsked(Json& json, const Asked& asked) {
  PutTime(json, "time", asked.time);
  PutEnd(json, "asker", asked.asker);
  PutText(json, "type", TypeName(asked.type));
  if (stop::IsRecursive(asked.type)) json["session_id"] = asked.session_id;
  PutFlag(json, "names_address", asked.names_address);
  PutEnd(json, "local", asked.local);
  PutEnd(json, "remote", asked.remote);
}

Asked ReadAsked(JsonReader& reader) {
  return {.time = reader.Time("time"),
          .asker = reader.End("asker"),
          .type = reader.OneOf("type", stop::RequestType::kSvRec, TypeName),
          .session_id = reader.Number<uint32_t>("session_id"),
          .names_address = reader.Flag("names_address"),
          .local = reader.End("local"),
          .remote = reader.End("remote")};
}

Json ParseJson(std::string_view text) {
  return Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

}  // namespace cairn::tokens
