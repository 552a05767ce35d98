// SPDX-License-Identifier: BSD-3-Clause
#include "json/event_line.h"

#include "catch2/catch.hpp"

namespace cairn::json {
namespace {

TEST_CASE("an event begins with its schema, its time and its name") {
  const PacketTime time = PacketTime::FromNanoseconds(1795256102123456789);
  CHECK(Line(EventHead(time, "chain")) ==
        "{\"schema\":\"cairn/1\",\"time\":\"2026-11-21T10:15:02.123456789Z\","
        "\"event\":\"chain\"}\n");
}

TEST_CASE("an end of a connection is an address and a port") {
  CHECK(Line(Of(Endpoint{.ip = *IpAddress::Parse("2001:db8::1"), .port = 22})) ==
        "{\"ip\":\"2001:db8::1\",\"port\":22}\n");
}

TEST_CASE("what is not known is null") {
  CHECK(TextOrNull("").is_null());
  CHECK(TextOrNull("a") == "a");
  CHECK(TimeOrNull(PacketTime::InfinitePast()).is_null());
  CHECK(TimeOrNull(PacketTime::FromNanoseconds(1)) == "1970-01-01T00:00:00.000000001Z");
}

}  // namespace
}  // namespace cairn::json
