// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/spelling.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/edit_distance.h"

namespace cairn::config {
namespace {

// A longer key is no misspelling of a known one; the cut bounds the work on hostile input.
constexpr size_t kMaxLetters = 64;

// Below every edit distance between the two.
size_t LengthDifference(std::string_view a, std::string_view b) {
  return a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
}

// So many edits a misspelling of that length may have.
size_t MostEdits(std::string_view word) { return std::max<size_t>(1, word.size() / 3); }

bool IsNear(std::string_view path, std::string_view known) {
  constexpr size_t kTellingLetters = 4;
  const std::string_view name = LastName(path);
  const std::string_view known_name = LastName(known);
  const bool begins = name.size() >= kTellingLetters && known_name.starts_with(name);
  return begins || EditDistance(path, known) <= MostEdits(path) ||
         (name.size() > 2 && EditDistance(name, known_name) <= MostEdits(name));
}

}  // namespace

std::string NearestPath(std::string_view path, std::span<const std::string> known) {
  path = path.substr(0, kMaxLetters);
  std::pair<size_t, size_t> nearest(std::numeric_limits<size_t>::max(), 0);
  const std::string* best = &known.front();
  for (const std::string& candidate : known) {
    const size_t least = std::min(LengthDifference(path, candidate),
                                  LengthDifference(LastName(path), LastName(candidate)) + 1);
    if (least > nearest.first) continue;
    const size_t whole = EditDistance(path, candidate);
    const size_t name = EditDistance(LastName(path), LastName(candidate)) + 1;
    const std::pair<size_t, size_t> distance(std::min(whole, name), whole);
    if (distance < nearest) {
      nearest = distance;
      best = &candidate;
    }
  }
  return IsNear(path, *best) ? *best : std::string();
}

}  // namespace cairn::config
