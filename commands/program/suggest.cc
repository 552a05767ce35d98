// SPDX-License-Identifier: BSD-3-Clause
#include "commands/program/suggest.h"

#include <algorithm>
#include <cstddef>

#include "base/edit_distance.h"

namespace cairn::commands {

std::string NearestWord(std::string_view word, std::span<const std::string> known) {
  constexpr size_t kLongestSensibleWord = 64;
  if (word.size() > kLongestSensibleWord) return {};
  std::string nearest;
  size_t fewest = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t edits = EditDistance(word, candidate);
    if (edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace cairn::commands
