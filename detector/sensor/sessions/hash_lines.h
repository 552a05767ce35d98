// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_HASH_LINES_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_HASH_LINES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/huge_array.h"

namespace cairn::sessions {

// A table of fixed size for small entries, four to a cache line; an entry may stand anywhere in the
// line that its hash names.  So a look-up costs one line, nothing is ever moved or allocated, and
// one of four entries is evicted.  Entries are all zero bytes at first.
//
// The hash must be a fixed one: which entries meet in a line decides what is forgotten, and results
// are the same in every run.  Thread-compatible.  O(1).
template <typename Entry>
class HashLines {
 public:
  static constexpr uint32_t kWays = 4;
  using Line = std::array<Entry, kWays>;
  static_assert(sizeof(Line) == 64);

  // `limit` entries, but at least four; `setting`: the key in the configuration that says it.
  HashLines(uint32_t limit, const char* setting)
      : lines_(std::max<uint32_t>(limit / kWays, 1), setting) {}

  Line& LineOf(uint64_t hash) { return lines_[NumberOf(hash)]; }
  const Line& LineOf(uint64_t hash) const { return lines_[NumberOf(hash)]; }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&LineOf(hash), 1); }

 private:
  size_t NumberOf(uint64_t hash) const { return (hash >> 32) * lines_.size() >> 32; }

  HugeArray<Line> lines_;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_HASH_LINES_H_
