// SPDX-License-Identifier: BSD-3-Clause
#include "detector/slots/slot_series.h"

#include <algorithm>
#include <limits>

namespace cairn::slots {

SlotSeries::SlotSeries() {
  for (size_t i = 0; i < kScales.size(); ++i) rings_[i].counts.resize(kScales[i].kept);
}

void SlotSeries::Ring::Add(int64_t number, uint8_t count) {
  const auto size = static_cast<int64_t>(counts.size());
  // What lies between is empty.
  for (int64_t skipped = std::max(newest + 1, number - size + 1); skipped <= number; ++skipped) {
    counts[static_cast<size_t>(skipped % size)] = 0;
  }
  newest = std::max(newest, number);
  if (number <= newest - size) return;
  uint8_t& here = counts[static_cast<size_t>(number % size)];
  here = static_cast<uint8_t>(
      std::min<unsigned>(std::numeric_limits<uint8_t>::max(), static_cast<unsigned>(here) + count));
}

void SlotSeries::Add(int64_t number, uint8_t count) {
  if (number < 0) return;  // before 1970: no capture's time
  for (size_t i = 0; i < kScales.size(); ++i) {
    rings_[i].Add(number * kFineSlot.ToNanoseconds() / kScales[i].slot.ToNanoseconds(), count);
  }
}

void SlotSeries::Read(size_t scale, int64_t end, std::span<uint8_t> out) const {
  const Ring& ring = rings_[scale];
  const auto size = static_cast<int64_t>(ring.counts.size());
  const int64_t first = end - static_cast<int64_t>(out.size());
  const int64_t oldest = std::max<int64_t>(ring.newest - size + 1, 0);
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t number = first + static_cast<int64_t>(i);
    const bool known = number >= oldest && number <= ring.newest;
    out[i] = known ? ring.counts[static_cast<size_t>(number % size)] : uint8_t{0};
  }
}

}  // namespace cairn::slots
