// SPDX-License-Identifier: BSD-3-Clause
// Forged packets against the bounds on memory (docs/architecture.md).  Counts what is allocated
// rather than what is resident, so that it says the same everywhere; ./dev bench --only bounds
// measures the rest, on bigger tables and for longer.
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "catch2/catch.hpp"

#include "detector/detector.h"
#include "tests/support/forged_traffic.h"
#include "tests/support/memory_table.h"

namespace {

std::atomic<int64_t> held_bytes{0};
std::atomic<int64_t> peak_bytes{0};

void* Count(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  const int64_t held = held_bytes += static_cast<int64_t>(malloc_usable_size(memory));
  if (held > peak_bytes) peak_bytes = held;
  return memory;
}

void Discount(void* memory) {
  if (memory != nullptr) held_bytes -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return Count(std::malloc(std::max<size_t>(size, 1))); }
void* operator new(size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<size_t>(alignment);
  return Count(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
// A sanitizer has its own one, which does not call the above.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  void* memory = std::malloc(std::max<size_t>(size, 1));
  return memory == nullptr ? nullptr : Count(memory);
}
void operator delete(void* memory) noexcept { Discount(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { Discount(memory); }
void operator delete(void* memory, size_t) noexcept { Discount(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Discount(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { Discount(memory); }

namespace cairn {
namespace {

using testing::Forgery;

class Nowhere : public EventSink {
 public:
  absl::Status Write(const Event& /*event*/) override {
    ++events;
    return absl::OkStatus();
  }
  uint64_t events = 0;
};

struct Cost {
  int64_t peak = 0;  // bytes from the heap
  DetectorCounters counters;
  uint64_t events = 0;
};

Cost Forge(Forgery kind, const DetectorOptions& options, uint64_t segments) {
  constexpr uint32_t kPerSecond = 50'000;
#ifdef __SANITIZE_ADDRESS__
  segments /= 2;  // each takes ten times as long
#endif
  Nowhere sink;
  testing::ForgedTraffic traffic(kind, kPerSecond, options.connections.max_connections / 2);
  const std::vector<Segment> handshakes = traffic.Handshakes();
  std::vector<Segment> batch(SegmentBatch::kCapacity);
  const int64_t before = held_bytes;
  peak_bytes = before;
  Detector detector(options, sink);
  REQUIRE(detector.Process(handshakes).ok());
  for (uint64_t sent = 0; sent < segments; sent += batch.size()) {
    traffic.Fill(batch);
    REQUIRE(detector.Process(batch).ok());
  }
  return {.peak = peak_bytes - before, .counters = detector.counters(), .events = sink.events};
}

DetectorOptions Table(uint32_t connections, bool sessions) {
  DetectorOptions options;
  options.connections.max_connections = connections;
  options.sessions.enabled = sessions;
  options.protected_networks.Add(Prefix::Parse("10.0.0.0/16").value());
  return options;
}

// Of the heap: connections and sessions lie in mappings of their own, of fixed sizes.
int64_t HeapBound(const DetectorOptions& options) {
  uint64_t sum = 0;
  for (const testing::MemoryRow& row : testing::MemoryTable(options)) {
    const bool is_mapped = row.what == "connections" || row.what == "sessions" ||
                           row.what == "servers" || row.what == "hosts with a session";
    if (!is_mapped) sum += row.peak();
  }
  return static_cast<int64_t>(sum);
}

TEST_CASE("No kind of forged packets takes more memory than the bounds say, or more with time") {
  for (size_t k = 0; k < testing::kForgeryNames.size(); ++k) {
    const auto kind = static_cast<Forgery>(k);
    for (const bool sessions : {false, true}) {
      INFO(testing::kForgeryNames[k] << (sessions ? " with sessions" : ""));
      const DetectorOptions options = Table(1000, sessions);
      const Cost some = Forge(kind, options, 500'000);  // 10 s
      const Cost more = Forge(kind, options, 2'000'000);
      CHECK(more.peak <= HeapBound(options));
      CHECK(more.counters.connections_peak <= 1000);
      CHECK(static_cast<double>(more.peak) <= 1.05 * static_cast<double>(some.peak));
      CHECK(more.events == 0);
    }
  }
}

TEST_CASE("What data from forged addresses cost is mostly what calibration lets wait") {
  DetectorOptions options = Table(1000, false);
  const Cost with = Forge(Forgery::kData, options, 2'000'000);
  options.timing.calibrate = false;
  const Cost without = Forge(Forgery::kData, options, 2'000'000);
  constexpr int64_t kWaiting = int64_t{65'536} * 256;
  CHECK(with.peak - without.peak <= kWaiting);
  CHECK(with.counters.shifted_left_out > 0);
  CHECK(without.counters.shifted_left_out == 0);
}

TEST_CASE("A larger table costs its connections, and nothing else grows with it") {
  const Cost small = Forge(Forgery::kData, Table(1000, false), 1'000'000);
  const Cost large = Forge(Forgery::kData, Table(100'000, false), 1'000'000);
  // Tables by the connections' places, and the roles of their hosts.
  constexpr int64_t kEach = int64_t{3} * 72 + 15 * 2 * 6;
  CHECK(large.peak - small.peak <= 100'000 * kEach);
}

}  // namespace
}  // namespace cairn
