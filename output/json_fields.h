// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_JSON_FIELDS_H_
#define CAIRN_OUTPUT_JSON_FIELDS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/time.h"
#include "nlohmann/json.hpp"

namespace cairn::output {

// Takes values out of the JSON objects of one line, which anybody may have written, and keeps the
// first fault: "its \"port\" is missing".  A value that is missing or of another type is a fault,
// and comes back as zero or empty.  Foreign text gets into no message.
//
// Thread-compatible.  O(size of the object) a call.
class JsonFields {
 public:
  using Json = nlohmann::json;

  // Null and a fault: it is missing, or `object` is none.
  const Json* Find(const Json& object, const char* key);

  std::string_view Text(const Json& object, const char* key);
  bool Truth(const Json& object, const char* key);
  double Number(const Json& object, const char* key, double least, double most);
  // A whole number up to `most`.
  uint64_t Count(const Json& object, const char* key, uint64_t most);
  PacketTime Time(const Json& object, const char* key);  // as 2026-11-21T03:55:00.000000000Z
  IpAddress Ip(const Json& object, const char* key);
  Endpoint End(const Json& object, const char* key);  // {"ip": ..., "port": ...}

  void Fail(std::string_view key, std::string_view what);
  bool ok() const { return fault_.empty(); }
  const std::string& fault() const { return fault_; }

 private:
  std::string fault_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_JSON_FIELDS_H_
