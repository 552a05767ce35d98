// SPDX-License-Identifier: BSD-3-Clause
#include "base/printable.h"

#include <algorithm>

#include "fmt/format.h"

namespace cairn {

std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::string Printable(std::string_view text, size_t most) {
  constexpr std::string_view kRest = "...";
  std::string shown = Printable(std::string(text.substr(0, most)));
  if (text.size() > most) shown.replace(most - kRest.size(), kRest.size(), kRest);
  return shown;
}

std::string QuotedWord(std::string_view word) {
  constexpr size_t kMost = 40;
  const std::string text = Printable(std::string(word.substr(0, kMost)));
  return fmt::format("'{}{}'", text, word.size() > kMost ? "..." : "");
}

}  // namespace cairn
