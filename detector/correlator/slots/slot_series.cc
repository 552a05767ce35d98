// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/slot_series.h"

#include <algorithm>
#include <limits>

namespace cairn::slots {
namespace {

uint8_t Sum(unsigned a, unsigned b) {
  return static_cast<uint8_t>(std::min<unsigned>(std::numeric_limits<uint8_t>::max(), a + b));
}

}  // namespace

SlotSeries::SlotSeries() {
  fine_.counts.resize(kFineKept);
  half_seconds_.counts.resize(kHalfSecondsKept);
}

void SlotSeries::Ring::Add(int64_t number, uint8_t count) {
  const auto size = static_cast<int64_t>(counts.size());
  if (newest < 0) newest = number;  // all are empty yet
  if (number - newest >= size) {
    std::fill(counts.begin(), counts.end(), uint8_t{0});
    newest = number;
  }
  auto here = static_cast<size_t>(newest % size);
  for (; newest < number; ++newest) {  // what lies between is empty
    here = here + 1 < counts.size() ? here + 1 : 0;
    counts[here] = 0;
  }
  counts[here] = Sum(counts[here], count);
}

uint8_t SlotSeries::Ring::At(int64_t number) const {
  const auto size = static_cast<int64_t>(counts.size());
  if (number < std::max<int64_t>(newest - size + 1, 0) || number > newest) return 0;
  return counts[static_cast<size_t>(number % size)];
}

void SlotSeries::Add(int64_t number, uint8_t count) {
  if (number < 0) return;  // before 1970: no capture's time
  fine_.Add(number, count);
  half_seconds_.Add(number / (kHalfSecond.ToNanoseconds() / kFineSlot.ToNanoseconds()), count);
}

void SlotSeries::Read(const Scale& scale, int64_t end, std::span<uint8_t> out) const {
  const int64_t first = end - static_cast<int64_t>(out.size());
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t number = first + static_cast<int64_t>(i);
    if (scale.slot == kFineSlot) {
      out[i] = fine_.At(number);
    } else if (scale.slot == kHalfSecond) {
      out[i] = half_seconds_.At(number);
    } else {
      out[i] = Sum(half_seconds_.At(2 * number), half_seconds_.At(2 * number + 1));
    }
  }
}

}  // namespace cairn::slots
