// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/slot_series.h"

#include <numeric>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::slots {
namespace {

const Scale& kSlotSeriesFine = kScales[0];
const Scale& kSlotSeriesCoarse = kScales[1];
const Scale& kSlotSeriesSeconds = kScales[3];

std::vector<uint8_t> Read(const SlotSeries& series, const Scale& scale, int64_t end,
                          size_t length) {
  std::vector<uint8_t> counts(length, 77);
  series.Read(scale, end, counts);
  return counts;
}

TEST_CASE("Slots are read back as they were counted, empty ones between them") {
  SlotSeries series;
  series.Add(1000, 3);
  series.Add(1004, 1);
  series.Add(1005, 2);
  CHECK(Read(series, kSlotSeriesFine, 1007, 8) == std::vector<uint8_t>{0, 3, 0, 0, 0, 1, 2, 0});
  CHECK(Read(series, kSlotSeriesFine, 1004, 2) == std::vector<uint8_t>{0, 0});
}

TEST_CASE("Five fine slots are a coarse one, and two of those a second") {
  SlotSeries series;
  for (int64_t slot = 1000; slot < 1012; ++slot) series.Add(slot, 2);
  CHECK(Read(series, kSlotSeriesCoarse, 203, 4) == std::vector<uint8_t>{0, 10, 10, 4});
  CHECK(Read(series, kSlotSeriesSeconds, 102, 3) == std::vector<uint8_t>{0, 20, 4});
}

TEST_CASE("Nothing was counted before the first slot, and after the last") {
  SlotSeries series;
  CHECK(Read(series, kSlotSeriesFine, 5, 5) == std::vector<uint8_t>(5, 0));
  series.Add(2, 9);
  CHECK(Read(series, kSlotSeriesFine, 3, 5) == std::vector<uint8_t>{0, 0, 0, 0, 9});
}

TEST_CASE("The oldest slots make room, however long the silence") {
  SlotSeries series;
  const auto kept = static_cast<int64_t>(kSlotSeriesFine.kept);
  series.Add(1, 5);
  series.Add(kept, 6);
  CHECK(Read(series, kSlotSeriesFine, kept + 1, kSlotSeriesFine.kept).front() == 5);
  series.Add(kept + 1, 7);
  const std::vector<uint8_t> full = Read(series, kSlotSeriesFine, kept + 2, kSlotSeriesFine.kept);
  CHECK(full.front() == 0);
  CHECK(std::accumulate(full.begin(), full.end(), 0) == 13);
  series.Add(1'000'000'000'000, 1);
  CHECK(Read(series, kSlotSeriesFine, 1'000'000'000'001, 3) == std::vector<uint8_t>{0, 0, 1});
  const std::vector<uint8_t> after =
      Read(series, kSlotSeriesFine, 1'000'000'000'001, kSlotSeriesFine.kept);
  CHECK(std::accumulate(after.begin(), after.end(), 0) == 1);
}

TEST_CASE("A count stays at the most it can tell") {
  SlotSeries series;
  for (int64_t slot = 500; slot < 505; ++slot) series.Add(slot, 200);
  CHECK(Read(series, kSlotSeriesCoarse, 101, 1) == std::vector<uint8_t>{255});
}

}  // namespace
}  // namespace cairn::slots
