// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rounds/trace_memory.h"

#include <chrono>

#include "catch2/catch.hpp"

namespace cairn::tracing {
namespace {

constexpr std::chrono::seconds kTime{60};

Connection ConnectionOf(uint16_t port) {
  return {.local = {.ip = IpAddress::FromV4(1), .port = port},
          .remote = {.ip = IpAddress::FromV4(2), .port = 22}};
}

}  // namespace

TEST_CASE("a trace is new, seen or own, for a while") {
  TraceMemory memory(10, kTime);
  const TraceMemory::Clock::time_point start{};
  CHECK(memory.StateOf({1}, start) == TraceState::kNew);
  memory.Note({1}, false, start);
  memory.Note({2}, true, start);
  memory.Note({1}, true, start);  // stays what it was
  CHECK(memory.StateOf({1}, start + kTime) == TraceState::kSeen);
  CHECK(memory.StateOf({2}, start + kTime) == TraceState::kOwn);
  CHECK(memory.StateOf({2}, start + 2 * kTime) == TraceState::kNew);
  CHECK(memory.size() == 0);
}

TEST_CASE("the oldest trace gives way") {
  TraceMemory memory(3, kTime);
  for (uint8_t i = 1; i <= 4; ++i) memory.Note({i}, false, {});
  CHECK(memory.size() == 3);
  CHECK(memory.StateOf({1}, {}) == TraceState::kNew);
  CHECK(memory.StateOf({2}, {}) == TraceState::kSeen);
}

TEST_CASE("what was said of a connection is found by it, and not by one that it has a link of") {
  TraceMemory memory(3, kTime);
  memory.Note({1}, false, {});
  const Fact fact = {.asked = ConnectionOf(5),
                     .finding = Finding::kConsole,
                     .links = {{.outbound = ConnectionOf(6), .inbound = ConnectionOf(7)}}};
  const SignedFact said = {.fact = "bytes"};
  memory.Remember({1}, fact, said);
  memory.Remember({2}, fact, said);  // a trace that is not known
  REQUIRE(memory.Find({1}, ConnectionOf(5)) != nullptr);
  CHECK(memory.Find({1}, ConnectionOf(5))->fact == "bytes");
  CHECK(memory.Find({1}, ConnectionOf(6)) == nullptr);
  CHECK(memory.Find({1}, ConnectionOf(7)) == nullptr);
  CHECK(memory.Find({2}, ConnectionOf(5)) == nullptr);
}

TEST_CASE("that a connection was not there is not remembered") {
  TraceMemory memory(3, kTime);
  memory.Note({1}, false, {});
  memory.Remember({1}, {.asked = ConnectionOf(5), .finding = Finding::kNoSuchConnection}, {});
  CHECK(memory.Find({1}, ConnectionOf(5)) == nullptr);
}

}  // namespace cairn::tracing
