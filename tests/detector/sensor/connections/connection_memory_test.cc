// SPDX-License-Identifier: BSD-3-Clause
// What a connection costs, and that a segment costs no allocation.
#include <atomic>
#include <cstdlib>
#include <new>

#include "catch2/catch.hpp"

#include "detector/correlator/timing/connection_states.h"
#include "detector/sensor/sensor.h"
#include "tests/detector/sensor/connections/tracker_rig.h"
#include "tests/support/event_tap.h"

namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace

// Counts what the whole test program allocates.  Not under AddressSanitizer, which has an allocator
// of its own: there the count stays zero, and the plain build is the one that proves something.
#ifndef __SANITIZE_ADDRESS__
void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes); memory != nullptr) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  ++allocations;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (bytes + align - 1) / align * align);
      memory != nullptr) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
#endif

namespace cairn::connections {
namespace {

using testing::At;
using testing::From;
using testing::Ms;
using testing::TraceBuilder;

ConnectionKey Key(uint32_t number) {
  return {{IpAddress::FromV4(0x0a000001), IpAddress::FromV4(0xc6330000U + number)},
          {22, static_cast<uint16_t>(1024 + number % 60000)}};
}

TEST_CASE("A connection costs at most 320 bytes, all that timing needs of it included") {
  CHECK(sizeof(Connection) == 256);
  // Just grown is the worst moment of a table that grows by doubling: look at many sizes.
  ConnectionTable table(1000000);
  double worst = 0;
  for (uint32_t i = 0; i < 300000; ++i) {
    const ConnectionKey key = Key(i);
    table.Insert(key, table.Hash(key));
    if (i >= 100000 && i % 1000 == 0) {
      worst = std::max(worst, static_cast<double>(table.memory_bytes()) / table.size());
    }
  }
  // The correlator keeps eight bytes for each of the sensor's slots, in a vector that doubles.
  constexpr double kCorrelatorSlot = 2 * 8;
  INFO("worst bytes per connection: " << worst << " + " << kCorrelatorSlot);
  CHECK(worst + kCorrelatorSlot <= 320);
  CHECK(static_cast<double>(table.memory_bytes()) / table.size() + kCorrelatorSlot <= 320);
}

TEST_CASE("A table that was full once and is empty again does not grow when it fills again") {
  ConnectionTable table(20000);
  for (uint32_t i = 0; i < 20000; ++i) table.Insert(Key(i), table.Hash(Key(i)));
  while (table.size() > 0) table.Erase(table.size() - 1);
  const size_t before = table.memory_bytes();
  for (uint32_t i = 50000; i < 70000; ++i) table.Insert(Key(i), table.Hash(Key(i)));
  CHECK(table.full());
  CHECK(table.memory_bytes() == before);
}

TEST_CASE("After warm-up a segment costs no allocation") {
  TraceBuilder trace;
  for (uint32_t i = 0; i < 2000; ++i) {
    const auto c =
        trace.Open({IpAddress::FromV4(0xc6330000U + i), 40000}, At("10.0.0.1", 22), Ms(i));
    trace.Key(c, Ms(i + 900)).Echo(c, Ms(i + 930)).Retransmit(c, From::kClient, Ms(i + 990));
    if (i % 3 == 0) trace.Close(c, Ms(i + 1500));
  }
  std::vector<Segment> segments = trace.Build();
  testing::EventTap sink;
  Sensor sensor({}, sink);
  // Each round lies beyond the time-outs, so that every connection is forgotten and begun anew.
  const auto later = [&] {
    for (Segment& segment : segments) {
      segment.time = segment.time + PacketDelta::FromSeconds(100000);
      segment.seq += 1000000;
    }
  };
  sensor.Process(segments);
  later();
  sensor.Process(segments);
  for (int round = 0; round < 3; ++round) {
    later();
    const uint64_t before = allocations;
    sensor.Process(segments);
    CHECK(allocations - before == 0);
  }
}

}  // namespace
}  // namespace cairn::connections
