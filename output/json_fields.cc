// SPDX-License-Identifier: BSD-3-Clause
#include "output/json_fields.h"

#include <cmath>
#include <limits>
#include <optional>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "base/time_text.h"

namespace cairn::output {

const JsonFields::Json* JsonFields::Find(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (found != object.end()) return &*found;
  Fail(key, "is missing");
  return nullptr;
}

std::string_view JsonFields::Text(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_string()) return value->get_ref<const std::string&>();
  Fail(key, "is not text");
  return {};
}

bool JsonFields::Truth(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_boolean()) return value->get<bool>();
  Fail(key, "is neither true nor false");
  return false;
}

double JsonFields::Number(const Json& object, const char* key, double least, double most) {
  const Json* value = Find(object, key);
  const double number =
      value != nullptr && value->is_number() ? value->get<double>() : std::nan("");
  if (number >= least && number <= most) return number;
  Fail(key, fmt::format("is not a number from {:g} to {:g}", least, most));
  return 0;
}

uint64_t JsonFields::Count(const Json& object, const char* key, uint64_t most) {
  const Json* value = Find(object, key);
  if (value != nullptr && value->is_number_unsigned() && value->get<uint64_t>() <= most) {
    return value->get<uint64_t>();
  }
  Fail(key, fmt::format("is not a whole number up to {}", most));
  return 0;
}

PacketTime JsonFields::Time(const Json& object, const char* key) {
  const std::optional<PacketTime> time = ParseRfc3339(Text(object, key));
  if (!time.has_value()) Fail(key, "is not a time such as 2026-11-21T03:55:00.000000000Z");
  return time.value_or(PacketTime());
}

IpAddress JsonFields::Ip(const Json& object, const char* key) {
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(Text(object, key));
  if (!ip.ok()) Fail(key, "is not an address");
  return ip.value_or(IpAddress());
}

Endpoint JsonFields::End(const Json& object, const char* key) {
  const Json* end = Find(object, key);
  if (end == nullptr) return {};
  const uint64_t port = Count(*end, "port", std::numeric_limits<uint16_t>::max());
  return {.ip = Ip(*end, "ip"), .port = static_cast<uint16_t>(port)};
}

void JsonFields::Fail(std::string_view key, std::string_view what) {
  if (fault_.empty()) fault_ = fmt::format("its \"{}\" {}", key, what);
}

}  // namespace cairn::output
