// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_STORED_FIELDS_H_
#define CAIRN_DETECTOR_STREAM_STORED_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

// The fields that a stored stream is made of (docs/stream.md): a writer and a reader with the same
// calls, so that what is written of an event and what is read of it stand in one place
// (stored_codec.h).  Numbers have variable length, seven bits to a byte, the low ones first.
namespace cairn::stream {

// Puts fields behind one another.  Thread-compatible.
class FieldWriter {
 public:
  static constexpr bool kReads = false;

  // Requires: `out` outlives this.
  explicit FieldWriter(std::string& out) : out_(out) {}

  // An unsigned number, an enumerator or a flag; `most` is for the reader.
  template <typename T>
  void Number(const T& value, uint64_t /*most*/ = 0) {
    Variable(static_cast<uint64_t>(value));
  }
  // A number of either sign: small ones are short.
  void Signed(const int64_t& value) {
    const auto bits = static_cast<uint64_t>(value);
    Variable(bits << 1U ^ (value < 0 ? ~uint64_t{0} : 0));
  }
  // Eight bytes.
  void Fixed(const uint64_t& value) { Bytes(value, sizeof value); }
  void Fixed32(const uint32_t& value) { Bytes(value, sizeof value); }
  // Its length, and its bytes.
  void Text(const std::string& text, size_t /*most*/) {
    Variable(text.size());
    out_ += text;
  }
  static void Refuse(const char* /*why*/) {}
  static bool ok() { return true; }

 private:
  void Variable(uint64_t value) {
    for (; value > 0x7f; value >>= 7U) out_ += static_cast<char>(value | 0x80U);
    out_ += static_cast<char>(value);
  }
  void Bytes(uint64_t value, size_t count) {
    for (size_t i = 0; i < count; ++i) out_ += static_cast<char>(value >> (8 * i));
  }

  std::string& out_;
};

// Takes them apart again, whatever the bytes are.  After the first field that cannot be, every
// further one is zero or empty.  Thread-compatible.
class FieldReader {
 public:
  static constexpr bool kReads = true;

  // Requires: `bytes` outlive this.
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  // Refused above `most`, and what the type cannot hold.  Of an enumeration `most` must be given.
  template <typename T>
  void Number(T& value, uint64_t most = std::numeric_limits<uint64_t>::max()) {
    uint64_t limit = most;
    if constexpr (std::is_same_v<T, bool>) {
      limit = 1;
    } else if constexpr (std::is_integral_v<T>) {
      static_assert(std::is_unsigned_v<T>);
      limit = limit < std::numeric_limits<T>::max() ? limit : std::numeric_limits<T>::max();
    }
    const uint64_t read = Variable();
    if (read > limit) Refuse("a number is too large");
    value = static_cast<T>(ok() ? read : 0);
  }
  void Signed(int64_t& value) {
    const uint64_t bits = Variable();
    value = static_cast<int64_t>(bits >> 1U ^ ((bits & 1U) != 0 ? ~uint64_t{0} : 0));
  }
  void Fixed(uint64_t& value) { value = Bytes(sizeof value); }
  void Fixed32(uint32_t& value) { value = static_cast<uint32_t>(Bytes(sizeof value)); }
  void Text(std::string& text, size_t most);

  // What comes is not to be believed: `why`, for the message, is a literal.
  void Refuse(const char* why) {
    if (why_ == nullptr) why_ = why;
    rest_ = {};
  }
  bool ok() const { return why_ == nullptr; }
  // Null: all is well.
  const char* why() const { return why_; }
  bool AtEnd() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  // The next bytes, taken off.
  std::string_view Take(size_t count);

 private:
  uint64_t Variable();
  uint64_t Bytes(size_t count);

  std::string_view rest_;
  const char* why_ = nullptr;
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_STORED_FIELDS_H_
