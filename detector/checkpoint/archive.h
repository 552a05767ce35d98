// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CHECKPOINT_ARCHIVE_H_
#define CAIRN_DETECTOR_CHECKPOINT_ARCHIVE_H_

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/time.h"

// How a detector's state becomes bytes, and back: values one after the other, integers
// little-endian in their own width.  What a type consists of is said once, for both ways:
//
//   template <typename Archive> void Fields(Archive& archive) { archive(a_, b_); }   // a member
//   template <typename Archive> void Fields(Archive& archive, Type& value) { ... }   // or beside
//   it
namespace cairn::checkpoint {

template <typename T, typename Archive>
concept HasMemberFields = requires(T& value, Archive& archive) {
  value.Fields(archive);
};

// Thread-compatible.  Linear in what is written.
class Writer {
 public:
  static constexpr bool kReads = false;

  template <typename... Values>
  void operator()(const Values&... values) {
    (Put(values), ...);
  }
  // One of an enumeration's values, up to `last`.
  template <typename Enum>
  void Choice(const Enum& value, Enum /*last*/) {
    Put(static_cast<uint8_t>(value));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <std::integral Value>
  void Put(const Value& value) {
    auto rest = static_cast<uint64_t>(value);
    for (size_t i = 0; i < sizeof(Value); ++i, rest >>= 8U) {
      bytes_ += static_cast<char>(rest & 0xffU);
    }
  }
  void Put(const double& value) { Put(std::bit_cast<uint64_t>(value)); }
  void Put(const PacketTime& value) { Put(value.ToNanoseconds()); }
  void Put(const PacketDelta& value) { Put(value.ToNanoseconds()); }
  void Put(const IpAddress& value) { (*this)(value.high(), value.low()); }
  void Put(const Endpoint& value) { (*this)(value.ip, value.port); }
  void Put(const std::string& value) {
    Put(static_cast<uint32_t>(value.size()));
    bytes_ += value;
  }
  template <typename Value, size_t kCount>
  void Put(const std::array<Value, kCount>& values) {
    for (const Value& value : values) Put(value);
  }
  template <typename Value>
  void Put(const std::vector<Value>& values) {
    Put(static_cast<uint32_t>(values.size()));
    for (const Value& value : values) Put(value);
  }
  template <typename First, typename Second>
  void Put(const std::pair<First, Second>& value) {
    (*this)(value.first, value.second);
  }
  template <typename Value>
  void Put(const std::optional<Value>& value) {
    Put(value.has_value());
    if (value.has_value()) Put(*value);
  }
  template <typename Value>
  requires std::is_class_v<Value>
  void Put(const Value& value) {
    // Fields() changes nothing where the archive writes.
    auto& fields = const_cast<Value&>(value);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    if constexpr (HasMemberFields<Value, Writer>) {
      fields.Fields(*this);
    } else {
      Fields(*this, fields);
    }
  }

  std::string bytes_;
};

// The first value that cannot be makes it fail; whatever is read from then on is zero or empty, and
// lists have no elements.  So who reads need ask only now and then, and before anything is used as
// an index.
//
// Thread-compatible.  Linear in what is read; asks for no memory beyond what the bytes account for.
class Reader {
 public:
  static constexpr bool kReads = true;

  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (Get(values), ...);
  }
  // Fails beyond `last`.
  template <typename Enum>
  void Choice(Enum& value, Enum last) {
    uint8_t number = 0;
    Get(number);
    if (Check(number <= static_cast<uint8_t>(last))) value = static_cast<Enum>(number);
  }
  // Fails unless it holds; says whether all has been well so far.
  bool Check(bool holds) {
    if (!holds) Fail();
    return ok_;
  }
  void Fail() {
    ok_ = false;
    rest_ = {};
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  // Of packets; differences of two do not overflow.
  static constexpr int64_t kLatest = std::numeric_limits<int64_t>::max() / 2;
  static constexpr int64_t kEarliest = -kLatest / 2;

  template <std::integral Value>
  void Get(Value& value) {
    value = Value{};
    if (!Check(rest_.size() >= sizeof(Value))) return;
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(Value); ++i) {
      number |= uint64_t{static_cast<uint8_t>(rest_[i])} << (8 * i);
    }
    rest_.remove_prefix(sizeof(Value));
    if constexpr (std::is_same_v<Value, bool>) {
      value = Check(number <= 1) && number == 1;
    } else {
      value = static_cast<Value>(number);
    }
  }
  void Get(double& value) {
    uint64_t bits = 0;
    Get(bits);
    value = std::bit_cast<double>(bits);
    if (!Check(std::isfinite(value))) value = 0;
  }
  void Get(PacketTime& value) {
    int64_t ns = 0;
    Get(ns);
    const PacketTime time = PacketTime::FromNanoseconds(ns);
    value = Check(!time.IsSet() || (ns >= kEarliest && ns <= kLatest)) ? time : PacketTime();
  }
  void Get(PacketDelta& value) {
    int64_t ns = 0;
    Get(ns);
    value = Check(ns >= kEarliest && ns <= kLatest) ? PacketDelta::FromNanoseconds(ns)
                                                    : PacketDelta::Zero();
  }
  void Get(IpAddress& value) {
    uint64_t high = 0;
    uint64_t low = 0;
    (*this)(high, low);
    value = IpAddress::FromWords(high, low);
  }
  void Get(Endpoint& value) { (*this)(value.ip, value.port); }
  void Get(std::string& value) {
    uint32_t size = 0;
    Get(size);
    value.clear();
    if (!Check(rest_.size() >= size)) return;
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  template <typename Value, size_t kCount>
  void Get(std::array<Value, kCount>& values) {
    for (Value& value : values) Get(value);
  }
  template <typename Value>
  void Get(std::vector<Value>& values) {
    uint32_t count = 0;
    Get(count);
    values.clear();
    for (uint32_t i = 0; i < count && ok_; ++i) Get(values.emplace_back());
    if (!ok_) values.clear();
  }
  template <typename First, typename Second>
  void Get(std::pair<First, Second>& value) {
    (*this)(value.first, value.second);
  }
  template <typename Value>
  void Get(std::optional<Value>& value) {
    bool has_value = false;
    Get(has_value);
    value.reset();
    if (has_value) Get(value.emplace());
  }
  template <typename Value>
  requires std::is_class_v<Value>
  void Get(Value& value) {
    if constexpr (HasMemberFields<Value, Reader>) {
      value.Fields(*this);
    } else {
      Fields(*this, value);
    }
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace cairn::checkpoint

#endif  // CAIRN_DETECTOR_CHECKPOINT_ARCHIVE_H_
