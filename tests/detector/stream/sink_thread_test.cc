// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/sink_thread.h"

#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::stream {
namespace {

// A batch that says its number.
EventBatch Batch(uint64_t number) {
  EventBatch batch;
  Tick tick;
  tick.packets_lost = number;
  batch.Add(tick);
  return batch;
}

std::vector<uint64_t> NumbersOf(const EventBatch& batch) {
  std::vector<uint64_t> numbers;
  batch.ForEach([&](const auto& event) {
    if constexpr (std::is_same_v<std::decay_t<decltype(event)>, Tick>) {
      numbers.push_back(event.packets_lost);
    }
  });
  return numbers;
}

TEST_CASE("A stream reaches the other thread whole and in order, however slow that is") {
  std::vector<uint64_t> taken;
  constexpr uint64_t kMany = 20 * SinkThread::kBatches;
  {
    SinkThread thread([&](EventBatch& batch) {
      for (const uint64_t number : NumbersOf(batch)) taken.push_back(number);
      if (taken.size() % 64 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    });
    for (uint64_t i = 0; i < kMany; ++i) {
      EventBatch batch = Batch(i);
      thread.Take(batch);
      CHECK(batch.empty());
    }
  }
  REQUIRE(taken.size() == kMany);
  for (uint64_t i = 0; i < kMany; ++i) CHECK(taken[i] == i);
}

TEST_CASE("After Drain, all is done on the other thread, too") {
  std::vector<uint64_t> taken;
  SinkThread thread([&](EventBatch& batch) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (const uint64_t number : NumbersOf(batch)) taken.push_back(number);
  });
  thread.Drain();
  for (uint64_t i = 0; i < 100; ++i) {
    EventBatch batch = Batch(i);
    thread.Take(batch);
    if (i % 10 != 9) continue;
    thread.Drain();
    CHECK(taken.size() == i + 1);
  }
}

}  // namespace
}  // namespace cairn::stream
