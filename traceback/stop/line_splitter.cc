// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/stop/line_splitter.h"

#include <algorithm>

namespace cairn::stop {

std::span<char> LineSplitter::Room() {
  std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
            bytes_.begin() + static_cast<std::ptrdiff_t>(filled_), bytes_.begin());
  filled_ -= begin_;
  begin_ = 0;
  return std::span(bytes_).subspan(filled_);
}

std::optional<std::string_view> LineSplitter::Next() {
  const std::string_view held = std::string_view(bytes_.data(), filled_).substr(begin_);
  const size_t end = held.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  begin_ += end + 1;
  std::string_view line = held.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool LineSplitter::IsTooLong() const {
  const std::string_view held = std::string_view(bytes_.data(), filled_).substr(begin_);
  return held.size() > kMaxLineBytes && held.find('\n') == std::string_view::npos &&
         !(held.size() == kMaxLineBytes + 1 && held.ends_with('\r'));
}

}  // namespace cairn::stop
