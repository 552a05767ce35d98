// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_WIRE_FIELDS_H_
#define CAIRN_TRACEBACK_TRACING_WIRE_FIELDS_H_

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

#include "base/time.h"
#include "traceback/tracing/wire/cbor.h"
#include "traceback/tracing/wire/fact.h"

// The values that facts, chains and messages are made of, as CBOR and back.
namespace cairn::tracing {

inline constexpr size_t kMostWord = 32;  // bytes of a name that the protocol gives

// To CBOR.  What is longer than `most` is cut.
Cbor BytesOf(std::string_view text, size_t most = std::numeric_limits<size_t>::max());
template <size_t kSize>
Cbor BytesOf(const std::array<uint8_t, kSize>& bytes) {
  return Cbor::binary({bytes.begin(), bytes.end()});
}
// A name that the protocol gives: a to z, 0 to 9, `_`.  Other bytes become `_`.
Cbor WordOf(std::string_view word);
// [local, remote], each the bytes of address and port in network order.
Cbor ConnectionOf(const Connection& connection);

// From CBOR.  False: it is not of that kind, or out of bounds.
bool GetUnsigned(const Cbor& value, uint64_t most, uint64_t& number);
template <std::unsigned_integral T>
bool Get(const Cbor& value, T& number) {
  uint64_t wide = 0;
  if (!GetUnsigned(value, std::numeric_limits<T>::max(), wide)) return false;
  number = static_cast<T>(wide);
  return true;
}
template <>
bool Get(const Cbor& value, bool& flag);
bool GetBytes(const Cbor& value, size_t most, std::string& text);
template <size_t kSize>
bool Get(const Cbor& value, std::array<uint8_t, kSize>& bytes) {
  if (!value.is_binary() || value.get_binary().size() != kSize) return false;
  std::copy(value.get_binary().begin(), value.get_binary().end(), bytes.begin());
  return true;
}
bool GetWord(const Cbor& value, std::string& word);
bool Get(const Cbor& value, Connection& connection);
// Within those that PacketTime can subtract from one another.
bool Get(const Cbor& value, PacketTime& time);

// Names of the values of an enumeration.
template <typename Enum, size_t kCount>
using Names = std::array<std::pair<Enum, std::string_view>, kCount>;
template <typename Enum, size_t kCount>
std::string_view NameIn(const Names<Enum, kCount>& names, Enum value) {
  for (const auto& [each, name] : names) {
    if (each == value) return name;
  }
  return "unknown";
}

// Adds what has a value other than that of an absent key.
void PutBytes(Cbor& map, std::string_view key, std::string_view text, size_t most);
void PutTime(Cbor& map, std::string_view key, PacketTime time);

// Reads the fields of a map; the first fault is kept, and told by status().  The map outlives it.
class Fields {
 public:
  // `what`: for the message, as "HELLO".
  Fields(const Cbor& map, std::string_view what);

  // Unset: the key is not there.
  const Cbor* Find(std::string_view key);
  void Fail(std::string_view key);
  absl::Status status() const;

  // The key must be there.
  template <typename T>
  void Required(std::string_view key, T& out) {
    const Cbor* value = Find(key);
    if (value == nullptr || !Get(*value, out)) Fail(key);
  }
  void RequiredUpTo(std::string_view key, uint64_t most, uint32_t& number);
  template <typename Enum, size_t kCount>
  void RequiredName(std::string_view key, const Names<Enum, kCount>& names, Enum& out) {
    const Cbor* value = Find(key);
    if (value == nullptr || !SetByName(*value, names, out)) Fail(key);
  }
  // It may be absent.
  template <typename T>
  void Optional(std::string_view key, T& out) {
    const Cbor* value = Find(key);
    if (value != nullptr && !Get(*value, out)) Fail(key);
  }
  template <typename T>
  void Optional(std::string_view key, std::optional<T>& out) {
    const Cbor* value = Find(key);
    if (value != nullptr && !Get(*value, out.emplace())) Fail(key);
  }
  template <typename Enum, size_t kCount>
  void OptionalName(std::string_view key, const Names<Enum, kCount>& names,
                    std::optional<Enum>& out) {
    const Cbor* value = Find(key);
    if (value != nullptr && !SetByName(*value, names, out.emplace())) Fail(key);
  }
  void OptionalBytes(std::string_view key, size_t most, std::string& text);
  // Each element of a list of at most `most`, which may be absent; `take` says whether it is sound.
  template <typename Take>
  void Each(std::string_view key, size_t most, Take take) {
    const Cbor* list = Find(key);
    if (list == nullptr) return;
    if (!list->is_array() || list->size() > most || !std::all_of(list->begin(), list->end(), take))
      Fail(key);
  }

 private:
  template <typename Enum, size_t kCount>
  static bool SetByName(const Cbor& value, const Names<Enum, kCount>& names, Enum& out) {
    std::string word;
    if (!GetWord(value, word)) return false;
    for (const auto& [each, name] : names) {
      if (name != word) continue;
      out = each;
      return true;
    }
    return false;
  }

  const Cbor& map_;
  std::string what_;
  std::string fault_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_WIRE_FIELDS_H_
