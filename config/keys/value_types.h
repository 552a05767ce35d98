// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_VALUE_TYPES_H_
#define CAIRN_CONFIG_KEYS_VALUE_TYPES_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "base/address.h"
#include "base/time.h"
#include "config/keys/document.h"
#include "config/keys/place.h"
#include "config/keys/yaml_text.h"

// What the value of a key may look like: how to read it, how to write it, and what to tell who
// wrote it wrong.
namespace cairn::config {

// How the value stands in a file; decides how --set reads its text.
enum class Shape : uint8_t { kScalar, kList, kMap };

template <typename T>
struct ValueType {
  Shape shape = Shape::kScalar;
  std::string form;     // completes "expected ...": "a duration from 1ms to 1h"
  std::string example;  // as written in YAML
  // The value, or nothing after a problem was added at `place`.
  std::function<std::optional<T>(const Node& node, const Place& place)> read;
  // YAML that reads back to the same value.  A text that starts with a line end is a block, to be
  // indented; an empty text means that the key is to be left out.
  std::function<std::string(const T& value)> write;
};

// What stands where something else was expected: "is a list".
std::string_view KindName(const Node& node);
// The end of every message about an ill-formed value.
std::string Expected(std::string_view form, std::string_view example);
// The text of `node` if it is a scalar; else nothing after a problem was added.
std::optional<std::string> ReadText(const Node& node, const Place& place, std::string_view form,
                                    std::string_view example);
// The items of `node`, which may also be one scalar standing for a list of one.
std::optional<std::vector<const Node*>> ReadItems(const Node& node, const Place& place,
                                                  std::string_view form, std::string_view example);

// A value written as one scalar that `parse` turns into a T or refuses with a reason.
template <typename T>
ValueType<T> Scalar(std::string form, std::string example,
                    std::function<absl::StatusOr<T>(std::string_view)> parse,
                    std::function<std::string(const T&)> write) {
  ValueType<T> type;
  type.form = std::move(form);
  type.example = std::move(example);
  type.write = std::move(write);
  type.read = [parse = std::move(parse), form = type.form, example = type.example](
                  const Node& node, const Place& place) -> std::optional<T> {
    const std::optional<std::string> text = ReadText(node, place, form, example);
    if (!text.has_value()) return std::nullopt;
    absl::StatusOr<T> value = parse(*text);
    if (value.ok()) return *std::move(value);
    place.Fail(node.mark, fmt::format("{}; {}", std::string(value.status().message()),
                                      Expected(form, example)));
    return std::nullopt;
  };
  return type;
}

enum class EmptyList : uint8_t { kAllowed, kRefused };

// A list of values of one type; one value alone stands for a list of one.  `plural` names the
// items: "networks".
template <typename T>
ValueType<std::vector<T>> ListOf(ValueType<T> item, std::string_view plural, std::string example,
                                 EmptyList empty = EmptyList::kAllowed) {
  ValueType<std::vector<T>> type;
  type.shape = Shape::kList;
  type.form = fmt::format("a list of {}, each {}", plural, item.form);
  type.example = std::move(example);
  type.read = [item, empty, form = type.form, example = type.example](
                  const Node& node, const Place& place) -> std::optional<std::vector<T>> {
    const std::optional<std::vector<const Node*>> items = ReadItems(node, place, form, example);
    if (!items.has_value()) return std::nullopt;
    if (items->empty() && empty == EmptyList::kRefused) {
      place.Fail(node.mark, "is empty: leave the key out to match everything");
      return std::nullopt;
    }
    std::vector<T> values;
    for (size_t i = 0; i < items->size(); ++i) {
      std::optional<T> value = item.read(*(*items)[i], place.Item(i));
      if (value.has_value()) values.push_back(*std::move(value));
    }
    if (values.size() != items->size()) return std::nullopt;
    return values;
  };
  type.write = [item](const std::vector<T>& values) {
    std::vector<std::string> texts;
    for (const T& value : values) texts.push_back(item.write(value));
    return YamlList(texts);
  };
  return type;
}

// A type that is read and written as another one.
template <typename T, typename From>
ValueType<T> Converted(ValueType<From> from, std::function<T(From)> to_value,
                       std::function<From(const T&)> from_value) {
  ValueType<T> type;
  type.shape = from.shape;
  type.form = from.form;
  type.example = from.example;
  type.read = [read = from.read, to_value](const Node& node,
                                           const Place& place) -> std::optional<T> {
    std::optional<From> value = read(node, place);
    if (!value.has_value()) return std::nullopt;
    return to_value(*std::move(value));
  };
  type.write = [write = from.write, from_value](const T& value) {
    return write(from_value(value));
  };
  return type;
}

// A key that may be left out: unset is what its absence means.
template <typename T>
ValueType<std::optional<T>> Optional(ValueType<T> type) {
  ValueType<std::optional<T>> optional = Converted<std::optional<T>, T>(
      type, [](T value) { return std::optional<T>(std::move(value)); },
      [](const std::optional<T>&) { return T(); });
  optional.write = [write = type.write](const std::optional<T>& value) {
    return value.has_value() ? write(*value) : std::string();
  };
  return optional;
}

// One of a few words.
template <typename T>
ValueType<T> OneOf(std::vector<std::pair<std::string, T>> words) {
  std::vector<std::string> names;
  for (const auto& [name, value] : words) names.push_back(name);
  return Scalar<T>(
      fmt::format("{}", fmt::join(names, " or ")), names.front(),
      [words](std::string_view text) -> absl::StatusOr<T> {
        for (const auto& [name, value] : words) {
          if (name == text) return value;
        }
        return absl::InvalidArgumentError(fmt::format("{} is not known", Quoted(text)));
      },
      [words](const T& value) {
        for (const auto& [name, candidate] : words) {
          if (candidate == value) return name;
        }
        return words.front().first;
      });
}

ValueType<bool> Boolean();
ValueType<PacketDelta> Duration(PacketDelta least, PacketDelta most, std::string example);
ValueType<uint64_t> Size(uint64_t least, uint64_t most, std::string example);
ValueType<uint64_t> WideCount(uint64_t least, uint64_t most, std::string example);
ValueType<double> Ratio(double least, double most, std::string example);
// Printable text on one line.
ValueType<std::string> Text(size_t least_bytes, size_t most_bytes, std::string what,
                            std::string example);
enum class EmptyPath : uint8_t { kRefused, kAllowed };
// A file's name, from the root on.
ValueType<std::string> FilePath(std::string example, EmptyPath empty = EmptyPath::kRefused,
                                size_t most_bytes = 4096);
// As strict as Network(): no bits beyond the length.
absl::StatusOr<Prefix> ParseNetwork(std::string_view text);
ValueType<Prefix> Network();
ValueType<PrefixSet> Networks(EmptyList empty = EmptyList::kAllowed);
// `type` for a member of fewer bits.
// Requires: the bounds of `type` fit.
template <typename T>
ValueType<T> Narrow(ValueType<uint64_t> type) {
  return Converted<T, uint64_t>(
      std::move(type), [](uint64_t value) { return static_cast<T>(value); },
      [](const T& value) { return uint64_t{value}; });
}

template <typename T>
ValueType<T> Count(T least, T most, std::string example) {
  return Narrow<T>(WideCount(least, most, std::move(example)));
}

inline ValueType<uint16_t> Port() {
  return Count<uint16_t>(1, std::numeric_limits<uint16_t>::max(), "22");
}

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_VALUE_TYPES_H_
