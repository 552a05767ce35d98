// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_WIRE_CBOR_H_
#define CAIRN_TRACEBACK_TRACING_WIRE_CBOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "nlohmann/json.hpp"

// Deterministic CBOR (RFC 8949, 4.2), of the kinds that agents use: integers, byte strings, text
// of printing ASCII, arrays, maps with keys of text, true and false.
namespace cairn::tracing {

// Keys in the order of their encoded bytes: the shorter one is the lesser.
struct ShorterFirst {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};
template <typename Key, typename Value, typename...>
using ShorterFirstMap =
    std::map<Key, Value, ShorterFirst, std::allocator<std::pair<const Key, Value>>>;
using Cbor = nlohmann::basic_json<ShorterFirstMap>;

inline constexpr size_t kMostLevels = 4;    // of arrays and maps within one another
inline constexpr size_t kMostItems = 4096;  // of all of them together, keys included

// What is wrong with the structure: not such CBOR, not whole, too many levels or items.  Empty:
// nothing; the values may have other than their deterministic forms.  Allocates nothing.
std::string_view StructureFault(std::string_view bytes);
// InvalidArgument: `bytes` is longer than `most`, not such CBOR, has more levels or items, or is
// not the deterministic form of what it means.  Memory: at most about 50 times the bytes; nothing
// is reserved for what is only announced.
absl::StatusOr<Cbor> ParseCbor(std::string_view bytes, size_t most);
std::string CborBytes(const Cbor& value);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_WIRE_CBOR_H_
