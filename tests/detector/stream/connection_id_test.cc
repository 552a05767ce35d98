// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/connection_id.h"

#include <map>
#include <set>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/sensor/sensor.h"
#include "tests/support/event_tap.h"
#include "tests/support/segment_builder.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

class NumbersByPort : public EventTap {
 public:
  void OnOnset(const timing::Onset& onset) override {
    numbers[onset.Summary().orig.port] = onset.uid;
  }
  std::map<uint16_t, uint64_t> numbers;
};

std::map<uint16_t, uint64_t> NumbersOf(const std::vector<uint16_t>& ports) {
  TraceBuilder trace;
  for (const uint16_t port : ports) {
    const auto c = trace.Open(At("198.51.100.7", port), At("10.0.0.15", 22), Ms(port));
    trace.Key(c, Ms(port + 2000)).Key(c, Ms(port + 5000));
  }
  NumbersByPort sink;
  Sensor sensor({}, sink);
  sensor.Process(trace.Build());
  return sink.numbers;
}

TEST_CASE("A connection's number does not depend on what else was seen") {
  const auto alone = NumbersOf({2000});
  const auto among = NumbersOf({1000, 1500, 2000, 2500});
  REQUIRE(alone.size() == 1);
  REQUIRE(among.size() == 4);
  CHECK(alone.at(2000) == among.at(2000));
}

TEST_CASE("Other ends, ports or times make another number, and none is nothing") {
  std::set<uint64_t> numbers;
  std::set<uint32_t> lower_halves;
  size_t made = 0;
  connections::ConnectionKey key = {.ip = {At("10.0.0.1", 0).ip, At("198.51.100.7", 0).ip},
                                    .port = {22, 40000}};
  for (uint16_t port = 0; port < 300; ++port) {
    for (int64_t start = 0; start < 300; ++start) {
      key.port[1] = port;
      const uint64_t number = stream::ConnectionId(key, PacketTime::FromNanoseconds(start));
      CHECK(static_cast<uint32_t>(number) != 0);
      numbers.insert(number);
      lower_halves.insert(static_cast<uint32_t>(number));
      ++made;
    }
  }
  CHECK(numbers.size() == made);
  CHECK(lower_halves.size() > made - 10);
  connections::ConnectionKey other = {.ip = {key.ip[1], key.ip[0]}, .port = key.port};
  CHECK(stream::ConnectionId(other, Ms(0)) != stream::ConnectionId(key, Ms(0)));
}

}  // namespace
}  // namespace cairn
