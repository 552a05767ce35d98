// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/quantity.h"

#include <limits>

#include "catch2/catch.hpp"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;

constexpr int64_t kMostNanoseconds = std::numeric_limits<int64_t>::max();

template <typename T>
std::string QuantityFault(const absl::StatusOr<T>& value) {
  REQUIRE_FALSE(value.ok());
  return std::string(value.status().message());
}

TEST_CASE("durations are exact in every unit") {
  const auto [text, ns] = GENERATE(table<std::string, int64_t>({
      {"90ns", 90},
      {"300us", 300'000},
      {"80ms", 80'000'000},
      {"0.5s", 500'000'000},
      {"0.100000001s", 100'000'001},
      {"1.50000000000000000000000000s", 1'500'000'000},
      {"5min", 300'000'000'000},
      {"5m", 300'000'000'000},
      {"2h", 7'200'000'000'000},
      {"1d", 86'400'000'000'000},
      {"0.000001d", 86'400'000},
      {"2 h", 7'200'000'000'000},
      {"0", 0},
      {"0s", 0},
      {"9223372036854775807ns", kMostNanoseconds},
  }));
  const absl::StatusOr<PacketDelta> duration = ParseDuration(text);
  INFO(text);
  REQUIRE(duration.ok());
  CHECK(duration->ToNanoseconds() == ns);
}

TEST_CASE("a duration that is ill-formed or not exact is refused with advice") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"500", "has no unit: write one of ns, us, ms, s, min, h, d"},
      {"0.0", "has no unit"},
      {"5 minutes", "unknown unit 'minutes'"},
      {"5M", "unknown unit 'M'"},
      {"5mS", "unknown unit 'mS'"},
      {"1s 5ms", "unknown unit"},
      {"", "does not begin with a number"},
      {"ms", "does not begin with a number"},
      {".5s", "does not begin with a number"},
      {" 5s", "does not begin with a number"},
      {"-5s", "is negative"},
      {"5.s", "has no digit after the point"},
      {"1e3s", "unknown unit"},
      {"0.5ns", "is finer than the smallest unit"},
      {"0.0000000001s", "is finer than the smallest unit"},
      {"0.0000000000000000000000001d", "is finer than the smallest unit"},
      {"9223372036854775808ns", "is too large"},
      {"106752d", "is too large"},
      {"18446744073709551616ns", "is too large"},
      {"99999999999999999999999s", "is too large"},
  }));
  INFO(text);
  CHECK_THAT(QuantityFault(ParseDuration(text)), Contains(told));
}

TEST_CASE("a duration is written in the largest unit that holds it exactly") {
  CHECK(FormatDuration(PacketDelta::FromMilliseconds(500)) == "500ms");
  CHECK(FormatDuration(PacketDelta::FromMilliseconds(1500)) == "1500ms");
  CHECK(FormatDuration(PacketDelta::FromSeconds(90)) == "90s");
  CHECK(FormatDuration(PacketDelta::FromSeconds(24 * 3600)) == "1d");
  CHECK(FormatDuration(PacketDelta::Zero()) == "0s");
  for (const int64_t ns : {int64_t{1}, int64_t{999}, int64_t{1'000'001}, int64_t{60'000'000'000},
                           int64_t{86'400'000'000'001}, kMostNanoseconds}) {
    CHECK(ParseDuration(FormatDuration(PacketDelta::FromNanoseconds(ns)))->ToNanoseconds() == ns);
  }
}

TEST_CASE("sizes know units of 1000 and of 1024, and bare bytes") {
  const auto [text, bytes] = GENERATE(table<std::string, uint64_t>({
      {"96", 96},
      {"96B", 96},
      {"64kB", 64'000},
      {"64KiB", 65'536},
      {"1.5MB", 1'500'000},
      {"1.5MiB", 1'572'864},
      {"256MiB", 268'435'456},
      {"0.5GiB", 536'870'912},
      {"2GB", 2'000'000'000},
      {"18446744073709551615", std::numeric_limits<uint64_t>::max()},
  }));
  INFO(text);
  REQUIRE(ParseSize(text).ok());
  CHECK(*ParseSize(text) == bytes);
  CHECK(*ParseSize(FormatSize(bytes)) == bytes);
}

TEST_CASE("a size that is ill-formed or not exact is refused") {
  CHECK_THAT(QuantityFault(ParseSize("5K")), Contains("write one of B, kB, KiB, MB, MiB, GB, GiB"));
  CHECK_THAT(QuantityFault(ParseSize("0.3KiB")), Contains("finer than the smallest unit"));
  CHECK_THAT(QuantityFault(ParseSize("0.5")), Contains("finer than the smallest unit"));
  CHECK_THAT(QuantityFault(ParseSize("17179869184GiB")), Contains("too large"));
}

TEST_CASE("counts may end in k or M") {
  CHECK(*ParseCount("64") == 64);
  CHECK(*ParseCount("200k") == 200'000);
  CHECK(*ParseCount("1.5M") == 1'500'000);
  CHECK_THAT(QuantityFault(ParseCount("1.5")), Contains("finer"));
  CHECK_THAT(QuantityFault(ParseCount("1G")), Contains("unknown unit 'G': write one of k, M"));
  CHECK_THAT(QuantityFault(ParseCount("0x10")), Contains("unknown unit"));
}

TEST_CASE("decimal numbers are finite and complete") {
  CHECK(*ParseDecimal("0.3") == 0.3);
  CHECK(*ParseDecimal("1") == 1.0);
  CHECK(*ParseDecimal(FormatDecimal(0.1 + 0.2)) == 0.1 + 0.2);
  CHECK(*ParseDecimal(FormatDecimal(1e-9)) == 1e-9);
  for (const char* text : {"", "nan", "inf", "-inf", "-nan", ".5", "0.3x", "0,3", "1e999", "+1"}) {
    CHECK_THAT(QuantityFault(ParseDecimal(text)), Contains("not a decimal number"));
  }
}

TEST_CASE("a date is the beginning of its day in UTC") {
  CHECK(ParseDate("1970-01-01")->ToNanoseconds() == 0);
  CHECK(ParseDate("2027-02-01")->ToNanoseconds() == 1'801'440'000'000'000'000);
  CHECK(ParseDate("2028-02-29").ok());
  for (const char* text : {"1970-01-01", "2028-02-29", "2200-12-31"}) {
    CHECK(FormatDate(*ParseDate(text)) == text);
  }
}

TEST_CASE("a date that is none is refused") {
  for (const char* text : {"2027-02-29", "2027-13-01", "2027-00-10", "1969-12-31", "2201-01-01"}) {
    CHECK_THAT(QuantityFault(ParseDate(text)), Contains("not a day of the years 1970 to 2200"));
  }
  for (const char* text : {"", "2027-1-31", "31.01.2027", "2027/01/31", "2027-01-31T00:00",
                           "20270131", "+027-01-31"}) {
    CHECK_THAT(QuantityFault(ParseDate(text)), Contains("YYYY-MM-DD"));
  }
}

TEST_CASE("a time of day runs from 00:00 to 24:00") {
  CHECK(*ParseTimeOfDay("00:00") == 0);
  CHECK(*ParseTimeOfDay("08:30") == 510);
  CHECK(*ParseTimeOfDay("24:00") == 1440);
  CHECK(FormatTimeOfDay(510) == "08:30");
  CHECK(FormatTimeOfDay(1440) == "24:00");
  for (const char* text :
       {"", "8:30", "08:60", "24:01", "25:00", "08-30", "0830", "08:3x", "-1:00"}) {
    CHECK_THAT(QuantityFault(ParseTimeOfDay(text)), Contains("not a time of day"));
  }
}

}  // namespace
}  // namespace cairn::config
