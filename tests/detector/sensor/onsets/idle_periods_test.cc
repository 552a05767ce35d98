// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/onsets/idle_periods.h"

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::timing {
namespace {

using testing::Millis;
using testing::Ms;
using testing::Us;

constexpr size_t kDirect = IndexOf(PairKind::kDirect);
constexpr size_t kIndirect = IndexOf(PairKind::kIndirect);

// Feeds new data to one connection.
class Bench {
 public:
  explicit Bench(const Options& options = {}) : idle_periods_(options) {}
  std::optional<Onset> Data(PacketTime time, uint8_t flow = 0) {
    return idle_periods_.OnNewData(connection_, 7, flow, time);
  }

 private:
  IdlePeriods idle_periods_;
  connections::Connection connection_;
};

TEST_CASE("A flow's first data are an onset") {
  Bench bench;
  const std::optional<Onset> onset = bench.Data(Ms(0));
  REQUIRE(onset.has_value());
  CHECK(onset->time == Ms(0));
  CHECK(onset->slot == 7);
  CHECK(onset->history[kDirect].is_onset);
  CHECK(onset->history[kDirect].count == 1);
  CHECK_FALSE(onset->history[kDirect].previous[0].IsSet());
  CHECK(bench.Data(Ms(1), 1).has_value());  // each direction has its own idle periods
}

TEST_CASE("Silence of exactly the idle threshold is no idle period, anything longer is one") {
  Bench bench;
  bench.Data(Ms(0));
  CHECK_FALSE(bench.Data(Ms(500)).has_value());
  CHECK(bench.Data(Us(1000 * 1000 + 1)).has_value());
}

TEST_CASE("Silence counts from the newest data, not from the onset") {
  Bench bench;
  bench.Data(Ms(0));
  for (int64_t ms = 400; ms <= 4000; ms += 400) CHECK_FALSE(bench.Data(Ms(ms)).has_value());
  CHECK(bench.Data(Ms(4501)).has_value());
}

TEST_CASE("An onset remembers the two before it, the second to within 66 microseconds") {
  Bench bench;
  bench.Data(Ms(0));
  bench.Data(Ms(1000));
  const std::optional<Onset> onset = bench.Data(Ms(3000));
  REQUIRE(onset.has_value());
  const OnsetHistory& history = onset->history[kDirect];
  CHECK(history.count == 3);
  CHECK(history.previous[0] == Ms(1000));
  CHECK(history.previous[1] >= Ms(0));
  CHECK(history.previous[1] - Ms(0) <= PacketDelta::FromMicroseconds(66));
}

TEST_CASE("An onset tells how many the other flow has had") {
  Bench bench;
  bench.Data(Ms(0), 1);
  bench.Data(Ms(900), 1);
  CHECK(bench.Data(Ms(950), 0)->history[kDirect].reverse_count == 2);
}

TEST_CASE("Direct and indirect pairs may have different idle thresholds") {
  Options options;
  const bool direct_shorter = GENERATE(true, false);
  (direct_shorter ? options.direct : options.indirect).idle_threshold = Millis(300);
  Bench bench(options);
  bench.Data(Ms(0));
  const std::optional<Onset> onset = bench.Data(Ms(400));
  REQUIRE(onset.has_value());
  CHECK(onset->history[kDirect].is_onset == direct_shorter);
  CHECK(onset->history[kIndirect].is_onset == !direct_shorter);
  const std::optional<Onset> both = bench.Data(Ms(1400));
  CHECK(both->history[kDirect].count == (direct_shorter ? 3 : 2));
  CHECK(both->history[kIndirect].count == (direct_shorter ? 2 : 3));
}

TEST_CASE("The third equal interval in a row is periodic, and its onset tells nothing") {
  Bench bench;
  CHECK(bench.Data(Ms(0)).has_value());
  CHECK(bench.Data(Ms(1000)).has_value());
  CHECK(bench.Data(Ms(2030)).has_value());        // second interval, 30 ms longer
  CHECK_FALSE(bench.Data(Ms(3020)).has_value());  // third, 40 ms shorter
  CHECK_FALSE(bench.Data(Ms(4020)).has_value());
  const std::optional<Onset> off_beat = bench.Data(Ms(5061));  // 61 ms longer
  REQUIRE(off_beat.has_value());
  CHECK(off_beat->history[kDirect].count == 4);  // those that told nothing are not counted
  CHECK(bench.Data(Ms(6122)).has_value());       // the proof begins anew
}

TEST_CASE("Without a period tolerance periodic onsets count like others") {
  Options options;
  options.direct.period_tolerance = PacketDelta::Zero();
  Bench bench(options);
  for (int64_t i = 0; i < 6; ++i) {
    const std::optional<Onset> onset = bench.Data(Ms(i * 1000));
    REQUIRE(onset.has_value());
    CHECK(onset->history[kDirect].is_onset);
    CHECK(onset->history[kIndirect].is_onset == (i < 3));  // whose own tolerance still holds
  }
}

TEST_CASE("Pauses of years are idle periods like any other") {
  Bench bench;
  bench.Data(PacketTime::FromNanoseconds(-4'294'967'295'000'000'000));
  CHECK(bench.Data(PacketTime::FromNanoseconds(0)).has_value());
  CHECK(bench.Data(PacketTime::FromNanoseconds(4'294'967'295'999'999'999)).has_value());
  CHECK_FALSE(bench.Data(PacketTime::FromNanoseconds(4'294'967'295'999'999'999)).has_value());
}

}  // namespace
}  // namespace cairn::timing
