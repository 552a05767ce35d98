// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/waiting_data.h"

#include <algorithm>

namespace cairn::sessions {

using connections::SequenceDistance;

uint32_t WaitingData::Add(uint32_t begin, uint32_t end) {
  uint32_t repeated = 0;
  Stretch added{begin, end, 1};
  size_t kept = 0;
  // Stretches that touch the new one become part of it.
  for (size_t i = 0; i < size_; ++i) {
    const Stretch& old = stretches_[i];
    const bool apart =
        SequenceDistance(old.end, added.begin) > 0 || SequenceDistance(added.end, old.begin) > 0;
    if (apart) {
      stretches_[kept++] = old;
      continue;
    }
    const uint32_t from = SequenceDistance(begin, old.begin) > 0 ? old.begin : begin;
    const uint32_t to = SequenceDistance(end, old.end) > 0 ? end : old.end;
    if (SequenceDistance(from, to) > 0) repeated += to - from;
    added.packets += old.packets;
    if (SequenceDistance(old.begin, added.begin) > 0) added.begin = old.begin;
    if (SequenceDistance(added.end, old.end) > 0) added.end = old.end;
  }
  size_ = static_cast<uint8_t>(kept);
  size_t place = 0;
  while (place < size_ && SequenceDistance(stretches_[place].begin, added.begin) > 0) ++place;
  if (place == kMost) return repeated;
  const size_t last = std::min<size_t>(size_, kMost - 1);
  for (size_t i = last; i > place; --i) stretches_[i] = stretches_[i - 1];
  stretches_[place] = added;
  size_ = static_cast<uint8_t>(last + 1);
  return repeated;
}

}  // namespace cairn::sessions
