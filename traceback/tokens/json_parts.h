// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_JSON_PARTS_H_
#define CAIRN_TRACEBACK_TOKENS_JSON_PARTS_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/time.h"
#include "json/line.h"
#include "traceback/tokens/record.h"

// What the files of the token store have in common.  What has its default is left out.
namespace cairn::tokens {

using Json = json::Ordered;

// Sets `json[key]` unless the value is its type's default.
void PutText(Json& json, const char* key, std::string_view text);
void PutNumber(Json& json, const char* key, int64_t number);
void PutFlag(Json& json, const char* key, bool flag);
void PutTime(Json& json, const char* key, PacketTime time);
void PutEnd(Json& json, const char* key, const Endpoint& end);

// Reads members of one object; what is missing has its default, and what has the wrong form makes
// the whole unsound.
class JsonReader {
 public:
  explicit JsonReader(const Json& json) : json_(json), sound_(json.is_object()) {}

  std::string Text(const char* key);
  template <typename T>
  T Number(const char* key) {
    const std::optional<int64_t> number = Integer(key);
    if (!number.has_value()) return 0;
    const bool fits = *number >= static_cast<int64_t>(std::numeric_limits<T>::min()) &&
                      (sizeof(T) == sizeof(int64_t) ||
                       *number <= static_cast<int64_t>(std::numeric_limits<T>::max()));
    if (!fits) sound_ = false;
    return fits ? static_cast<T>(*number) : T{};
  }
  std::optional<uint32_t> OptionalNumber(const char* key);
  bool Flag(const char* key);
  PacketTime Time(const char* key);
  Endpoint End(const char* key);
  std::optional<Endpoint> OptionalEnd(const char* key);
  // The value of an enum whose name stands there; `name` gives the names, up to `last`.
  template <typename Enum, typename Name>
  Enum OneOf(const char* key, Enum last, Name name) {
    const std::string text = Text(key);
    for (int value = 0; value <= static_cast<int>(last); ++value) {
      if (text == name(static_cast<Enum>(value))) return static_cast<Enum>(value);
    }
    if (!text.empty()) sound_ = false;
    return Enum{};
  }
  // The items of a list; none if it is missing.
  const Json& List(const char* key);
  const Json& Object(const char* key);

  void Fail() { sound_ = false; }
  bool sound() const { return sound_; }

 private:
  const Json* Find(const char* key) const;
  std::optional<int64_t> Integer(const char* key);

  const Json& json_;
  bool sound_;
};

// Members of an object: who asked about which connection.
void PutAsked(Json& json, const Asked& asked);
Asked ReadAsked(JsonReader& reader);

// Never throws; discarded (is_discarded()) when the text is no JSON.
Json ParseJson(std::string_view text);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_JSON_PARTS_H_
