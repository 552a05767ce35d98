// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/line_parser.h"

#include <algorithm>

#include "base/printable.h"

namespace cairn::output {

void UnknownColumns::Note(std::string_view name) {
  constexpr size_t kMostNames = 16;
  constexpr size_t kMostBytes = 64;
  if (names_.size() >= kMostNames) return;
  const std::string text = Printable(std::string(name.substr(0, kMostBytes)));
  if (std::find(names_.begin(), names_.end(), text) == names_.end()) names_.push_back(text);
}

void Split(std::string_view line, char separator, std::vector<std::string_view>& words) {
  words.clear();
  for (;;) {
    const size_t end = line.find(separator);
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

}  // namespace cairn::output
