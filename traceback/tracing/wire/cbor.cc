// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/cbor.h"

#include <optional>
#include <type_traits>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace cairn::tracing {
namespace {

// The major types of RFC 8949, 3.1, and the two simple values that are used.
enum Major : uint8_t {
  kUnsigned,
  kNegative,
  kByteString,
  kTextString,
  kArray,
  kMap,
  kTag,
  kSimple,
};
constexpr uint8_t kFalse = 20;
constexpr uint8_t kTrue = 21;
constexpr uint8_t kOneByteFollows = 24;
constexpr uint8_t kEightBytesFollow = 27;

bool IsPrinting(char c) { return c >= ' ' && c <= '~'; }

// Walks over the structure and builds nothing.  The library that builds the values reserves what
// an array announces, goes as deep as the bytes do, and throws where a count is absurd; after this
// it meets nothing of the kind.
class Structure {
 public:
  explicit Structure(std::string_view bytes) : rest_(bytes) {}

  // What is wrong; empty: nothing.
  std::string_view Fault() {
    Item(0);
    if (fault_.empty() && !rest_.empty()) fault_ = "something stands after the value";
    return fault_;
  }

 private:
  struct Head {
    uint8_t major = 0;
    uint8_t info = 0;
    uint64_t number = 0;
  };

  std::nullopt_t Fail(std::string_view why) {
    if (fault_.empty()) fault_ = why;
    return std::nullopt;
  }

  std::optional<Head> TakeHead() {
    if (rest_.empty()) return Fail("it is cut off");
    const auto first = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    Head head{.major = static_cast<uint8_t>(first >> 5), .info = static_cast<uint8_t>(first & 31)};
    head.number = head.info;
    if (head.info < kOneByteFollows) return head;
    if (head.info > kEightBytesFollow) return Fail("it has an indefinite length");
    const size_t count = size_t{1} << (head.info - kOneByteFollows);
    if (count > rest_.size()) return Fail("it is cut off");
    head.number = 0;
    for (const char byte : rest_.substr(0, count)) {
      head.number = head.number << 8 | static_cast<uint8_t>(byte);
    }
    rest_.remove_prefix(count);
    return head;
  }

  void TakeString(const Head& head) {
    if (head.number > rest_.size()) {
      Fail("it is cut off");
      return;
    }
    if (head.major == kTextString) {
      for (const char c : rest_.substr(0, head.number)) {
        if (!IsPrinting(c)) Fail("a text is not of printing ASCII");
      }
    }
    rest_.remove_prefix(head.number);
  }

  void TakeKey() {
    const std::optional<Head> head = TakeHead();
    if (!head.has_value()) return;
    if (head->major != kTextString) {
      Fail("a key is not a text");
      return;
    }
    CountItem();
    TakeString(*head);
  }

  void CountItem() {
    if (++items_ > kMostItems) Fail("it has too many items");
  }

  void TakeElements(const Head& head, size_t level) {
    if (level >= kMostLevels) {
      Fail("it has too many levels");
      return;
    }
    // Each needs a byte at least.
    if (head.number > rest_.size()) {
      Fail("it is cut off");
      return;
    }
    for (uint64_t i = 0; i < head.number && fault_.empty(); ++i) {
      if (head.major == kMap) TakeKey();
      Item(level + 1);
    }
  }

  // Recursion goes kMostLevels deep.
  void Item(size_t level) {  // NOLINT(misc-no-recursion)
    const std::optional<Head> head = TakeHead();
    if (!head.has_value()) return;
    CountItem();
    switch (head->major) {
      case kUnsigned:
      case kNegative:
        return;
      case kByteString:
      case kTextString:
        TakeString(*head);
        return;
      case kArray:
      case kMap:
        TakeElements(*head, level);
        return;
      case kSimple:
        if (head->info == kFalse || head->info == kTrue) return;
        Fail("it has a value that is not used here");
        return;
      default:
        Fail("it has a tag");
    }
  }

  std::string_view rest_;
  std::string_view fault_;
  size_t items_ = 0;
};

absl::Status Invalid(std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("not valid CBOR of this protocol: {}", why));
}

}  // namespace

std::string_view StructureFault(std::string_view bytes) { return Structure(bytes).Fault(); }

absl::StatusOr<Cbor> ParseCbor(std::string_view bytes, size_t most) {
  if (bytes.size() > most) return Invalid(fmt::format("it has more than {} bytes", most));
  if (const std::string_view fault = StructureFault(bytes); !fault.empty()) {
    return Invalid(fault);
  }
  try {
    Cbor value = Cbor::from_cbor(bytes, /*strict=*/true, /*allow_exceptions=*/false);
    // Longer forms of numbers, keys out of order or twice, and numbers below those of 64 bits with
    // a sign: none is what would be written.
    if (value.is_discarded() || CborBytes(value) != bytes) {
      return Invalid("it is not the deterministic form");
    }
    return value;
  } catch (const Cbor::exception& error) {
    return Invalid(error.what());
  }
}

std::string CborBytes(const Cbor& value) {
  std::string bytes;
  Cbor::to_cbor(value, bytes);
  return bytes;
}

}  // namespace cairn::tracing
