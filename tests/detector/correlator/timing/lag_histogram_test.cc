// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/lag_histogram.h"

#include "catch2/catch.hpp"

namespace cairn::timing {
namespace {

TEST_CASE("A histogram without lags has no quantiles") {
  CHECK_FALSE(LagHistogram().Quantile(50).has_value());
}

TEST_CASE("A quantile is right to within 20 percent, from 32 microseconds to 1.4 seconds") {
  for (int64_t lag = 32; lag <= 1400000; lag = lag * 11 / 10 + 1) {
    LagHistogram lags;
    for (int i = 0; i < 10; ++i) lags.Add(PacketDelta::FromMicroseconds(lag));
    const auto told = static_cast<double>(lags.Quantile(50)->ToNanoseconds()) / 1000;
    CAPTURE(lag, told);
    CHECK(told >= static_cast<double>(lag) * 0.8);
    CHECK(told <= static_cast<double>(lag) * 1.2);
  }
}

TEST_CASE("Quantiles tell the middle and the tail apart") {
  LagHistogram lags;
  for (int i = 0; i < 94; ++i) lags.Add(PacketDelta::FromMilliseconds(3));
  for (int i = 0; i < 6; ++i) lags.Add(PacketDelta::FromMilliseconds(90));
  CHECK(lags.Quantile(50) < PacketDelta::FromMilliseconds(4));
  CHECK(lags.Quantile(94) < PacketDelta::FromMilliseconds(4));
  CHECK(lags.Quantile(95) > PacketDelta::FromMilliseconds(70));
}

TEST_CASE("Lags out of range are counted at the ends") {
  LagHistogram lags;
  lags.Add(PacketDelta::Zero());
  CHECK(*lags.Quantile(50) <= PacketDelta::FromMicroseconds(32));
  LagHistogram slow;
  slow.Add(PacketDelta::FromSeconds(3600));
  CHECK(*slow.Quantile(50) > PacketDelta::FromSeconds(1));
}

TEST_CASE("A full histogram lets old lags fade") {
  LagHistogram lags;
  for (int i = 0; i < 60000; ++i) lags.Add(PacketDelta::FromMilliseconds(3));
  for (int i = 0; i < 70000; ++i) lags.Add(PacketDelta::FromMilliseconds(90));
  CHECK(lags.Quantile(50) > PacketDelta::FromMilliseconds(70));
}

}  // namespace
}  // namespace cairn::timing
