// SPDX-License-Identifier: BSD-3-Clause
#include "base/time_text.h"

#include "catch2/catch.hpp"

namespace cairn {
namespace {

PacketTime At(int64_t ns) { return PacketTime::FromNanoseconds(ns); }

TEST_CASE("times are written in UTC with nine decimals") {
  CHECK(Rfc3339(At(0)) == "1970-01-01T00:00:00.000000000Z");
  CHECK(Rfc3339(At(1795256102123456789)) == "2026-11-21T10:15:02.123456789Z");
  CHECK(Rfc3339(At(951782399000000001)) == "2000-02-28T23:59:59.000000001Z");
  CHECK(Rfc3339(At(951782400000000000)) == "2000-02-29T00:00:00.000000000Z");
}

TEST_CASE("times before 1970 and times that are not set are written too") {
  CHECK(Rfc3339(At(-1)) == "1969-12-31T23:59:59.999999999Z");
  CHECK(Rfc3339(PacketTime::InfinitePast()) == "1823-11-12T00:06:21.572612096Z");
  CHECK(Rfc3339(PacketTime::InfiniteFuture()).substr(0, 4) == "2116");
}

TEST_CASE("a time is read back, with any number of decimals") {
  for (const int64_t ns : {int64_t{0}, int64_t{-1}, int64_t{1795256102123456789},
                           int64_t{951782400000000000}, int64_t{-4611686018427387903}}) {
    CHECK(ParseRfc3339(Rfc3339(At(ns))) == At(ns));
  }
  CHECK(ParseRfc3339("1970-01-01T00:00:01Z") == At(1000000000));
  CHECK(ParseRfc3339("1970-01-01T00:00:00.5Z") == At(500000000));
}

TEST_CASE("what is no time is not read as one") {
  for (const char* text : {"",
                           "Z",
                           "1970-01-01",
                           "1970-01-01T00:00:00",
                           "1970-01-01T00:00:00+00:00",
                           "1970-01-01 00:00:00Z",
                           "1970-02-30T00:00:00Z",
                           "1970-13-01T00:00:00Z",
                           "1970-00-10T00:00:00Z",
                           "1970-01-01T24:00:00Z",
                           "1970-01-01T00:60:00Z",
                           "1970-01-01T00:00:60Z",
                           "1970-01-01T00:00:00.Z",
                           "1970-01-01T00:00:00.1234567890Z",
                           "1970-01-01T00:00:00.12x4Z",
                           "1970-01-01T0a:00:00Z",
                           "1600-01-01T00:00:00Z",
                           "2262-06-01T00:00:00Z",
                           "-970-01-01T00:00:00Z",
                           "1970-01-01T00:00:00.5ZZ"}) {
    CHECK_FALSE(ParseRfc3339(text).has_value());
  }
}

TEST_CASE("a table shows date and time of day apart") {
  CHECK(DateText(At(1795256102123456789)) == "2026-11-21");
  CHECK(ClockText(At(1795256102123456789)) == "10:15:02");
}

TEST_CASE("lengths of time are told in at most two units") {
  CHECK(DurationText(PacketDelta::FromMilliseconds(9900)) == "9 s");
  CHECK(DurationText(PacketDelta::FromSeconds(124)) == "2 min 4 s");
  CHECK(DurationText(PacketDelta::FromSeconds(3 * 3600 + 610)) == "3 h 10 min");
  CHECK(DurationText(PacketDelta::FromSeconds(2 * 86400 + 4 * 3600)) == "2 d 4 h");
  CHECK(DurationText(PacketDelta::FromSeconds(-5)) == "0 s");
}

}  // namespace
}  // namespace cairn
