// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/stored_fields.h"

namespace cairn::stream {
namespace {

constexpr char kCut[] = "it ends within a field";

}  // namespace

uint64_t FieldReader::Variable() {
  constexpr unsigned kLastShift = 63;
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (rest_.empty()) {
      Refuse(kCut);
      return 0;
    }
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == kLastShift && byte > 1) {
      Refuse("a number has more than 64 bits");
      return 0;
    }
    value |= uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
}

uint64_t FieldReader::Bytes(size_t count) {
  const std::string_view bytes = Take(count);
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    value |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  }
  return value;
}

std::string_view FieldReader::Take(size_t count) {
  if (rest_.size() < count) {
    Refuse(kCut);
    return {};
  }
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

void FieldReader::Text(std::string& text, size_t most) {
  const uint64_t length = Variable();
  if (length > most) Refuse("a text is too long");
  text = ok() ? Take(static_cast<size_t>(length)) : std::string_view();
}

}  // namespace cairn::stream
