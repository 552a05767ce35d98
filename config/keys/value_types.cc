// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/value_types.h"

#include <algorithm>

#include "absl/status/status.h"

#include "config/keys/quantity.h"

namespace cairn::config {
namespace {

// `value` if it is within the bounds, else why not.
template <typename T, typename Format>
absl::StatusOr<T> InRange(T value, T least, T most, std::string_view text, Format format) {
  if (value < least) {
    return absl::InvalidArgumentError(
        fmt::format("{} is less than {}", Quoted(text), format(least)));
  }
  if (value > most) {
    return absl::InvalidArgumentError(
        fmt::format("{} is more than {}", Quoted(text), format(most)));
  }
  return value;
}

// A scalar type whose texts `parse` reads and `format` writes, from `least` to `most`.
template <typename T, typename Parse, typename Format>
ValueType<T> Bounded(std::string_view what, T least, T most, std::string example, Parse parse,
                     Format format) {
  return Scalar<T>(
      fmt::format("{} from {} to {}", what, format(least), format(most)), std::move(example),
      [=](std::string_view text) -> absl::StatusOr<T> {
        const absl::StatusOr<T> value = parse(text);
        if (!value.ok()) return value.status();
        return InRange<T>(*value, least, most, text, format);
      },
      [=](const T& value) { return format(value); });
}

}  // namespace

std::string_view KindName(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "has no value";
    case Node::Kind::kScalar:
      return "is a single value";
    case Node::Kind::kSequence:
      return "is a list";
    case Node::Kind::kMap:
      return "is a group of keys";
  }
  return "is unreadable";
}

std::string Expected(std::string_view form, std::string_view example) {
  return fmt::format("expected {}, for example {}", form, example);
}

std::optional<std::string> ReadText(const Node& node, const Place& place, std::string_view form,
                                    std::string_view example) {
  if (node.IsScalar()) return node.text;
  place.Fail(node.mark, fmt::format("{}; {}", KindName(node), Expected(form, example)));
  return std::nullopt;
}

std::optional<std::vector<const Node*>> ReadItems(const Node& node, const Place& place,
                                                  std::string_view form, std::string_view example) {
  std::vector<const Node*> items;
  if (node.IsScalar()) {
    items.push_back(&node);
    return items;
  }
  if (!node.IsSequence()) {
    place.Fail(node.mark, fmt::format("{}; {}", KindName(node), Expected(form, example)));
    return std::nullopt;
  }
  for (const Node& item : node.items) items.push_back(&item);
  return items;
}

ValueType<bool> Boolean() { return OneOf<bool>({{"true", true}, {"false", false}}); }

ValueType<PacketDelta> Duration(PacketDelta least, PacketDelta most, std::string example) {
  return Bounded<PacketDelta>("a duration", least, most, std::move(example), ParseDuration,
                              FormatDuration);
}

ValueType<uint64_t> Size(uint64_t least, uint64_t most, std::string example) {
  return Bounded<uint64_t>("a size in bytes", least, most, std::move(example), ParseSize,
                           FormatSize);
}

ValueType<uint64_t> WideCount(uint64_t least, uint64_t most, std::string example) {
  return Bounded<uint64_t>("a whole number", least, most, std::move(example), ParseCount,
                           [](uint64_t value) { return fmt::format("{}", value); });
}

ValueType<double> Ratio(double least, double most, std::string example) {
  return Bounded<double>("a number", least, most, std::move(example), ParseDecimal, FormatDecimal);
}

ValueType<std::string> Text(size_t least_bytes, size_t most_bytes, std::string what,
                            std::string example) {
  return Scalar<std::string>(
      std::move(what), std::move(example),
      [least_bytes, most_bytes](std::string_view text) -> absl::StatusOr<std::string> {
        if (text.size() < least_bytes) return absl::InvalidArgumentError("the text is empty");
        if (text.size() > most_bytes) {
          return absl::InvalidArgumentError(
              fmt::format("{} is longer than {} bytes", Quoted(text), most_bytes));
        }
        if (FindUnprintable(text).has_value() ||
            text.find_first_of("\n\r\t") != std::string_view::npos) {
          return absl::InvalidArgumentError("the text is not printable UTF-8 on one line");
        }
        return std::string(text);
      },
      [](const std::string& text) { return YamlScalar(text); });
}

ValueType<std::string> FilePath(std::string example, EmptyPath empty, size_t most_bytes) {
  const bool may_be_empty = empty == EmptyPath::kAllowed;
  ValueType<std::string> type =
      Text(may_be_empty ? 0 : 1, most_bytes,
           may_be_empty ? "an absolute path, or \"\"" : "an absolute path", std::move(example));
  type.read = [read = type.read, form = type.form, example = type.example](
                  const Node& node, const Place& place) -> std::optional<std::string> {
    std::optional<std::string> path = read(node, place);
    if (path.has_value() && !path->empty() && !path->starts_with('/')) {
      place.Fail(node.mark, fmt::format("{} does not begin with '/'; {}", Quoted(*path),
                                        Expected(form, example)));
      return std::nullopt;
    }
    return path;
  };
  return type;
}

absl::StatusOr<Prefix> ParseNetwork(std::string_view text) {
  const absl::StatusOr<Prefix> prefix = Prefix::Parse(text);
  if (!prefix.ok()) return prefix.status();
  // A network whose address has more bits than its length is a slip in one of the two; which, only
  // the writer knows.
  const size_t slash = text.find('/');
  const absl::StatusOr<IpAddress> ip = IpAddress::Parse(text.substr(0, slash));
  const std::string network = prefix->ToString();
  if (ip.ok() && ip->Unmapped().ToString() != network.substr(0, network.find('/'))) {
    return absl::InvalidArgumentError(fmt::format("{} has bits beyond its length: write {} or {}",
                                                  Quoted(text), network, ip->ToString()));
  }
  return *prefix;
}

ValueType<Prefix> Network() {
  return Scalar<Prefix>("an IPv4 or IPv6 network", "192.0.2.0/24", ParseNetwork,
                        [](const Prefix& prefix) { return YamlScalar(prefix.ToString()); });
}

ValueType<PrefixSet> Networks(EmptyList empty) {
  return Converted<PrefixSet, std::vector<Prefix>>(
      ListOf(Network(), "networks", "[192.0.2.0/24, \"2001:db8::/32\"]", empty),
      [](std::vector<Prefix> prefixes) { return PrefixSet(std::move(prefixes)); },
      [](const PrefixSet& set) { return set.prefixes(); });
}

}  // namespace cairn::config
