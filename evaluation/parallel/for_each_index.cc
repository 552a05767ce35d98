// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/parallel/for_each_index.h"

#include <atomic>
#include <thread>
#include <vector>

namespace cairn::evaluation {

void ForEachIndex(size_t count, int threads, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  const auto take = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(take);
  take();
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace cairn::evaluation
