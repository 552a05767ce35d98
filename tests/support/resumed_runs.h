// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_RESUMED_RUNS_H_
#define CAIRN_TESTS_SUPPORT_RESUMED_RUNS_H_

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/checkpoint/archive.h"
#include "detector/detector.h"
#include "tests/support/segment_builder.h"

// Runs that go on from one another's state.
namespace cairn::testing {

// One run, from `state` if that holds one; leaves its own there.
inline std::vector<Event> GoOn(const DetectorOptions& options, std::span<const Segment> segments,
                               std::string& state,
                               Detector::Threads threads = Detector::Threads::kOne) {
  EventRecorder recorder;
  std::unique_ptr<Detector> detector;
  if (state.empty()) {
    detector = std::make_unique<Detector>(options, recorder, threads);
  } else {
    absl::StatusOr<std::unique_ptr<Detector>> resumed =
        Detector::Resume(options, recorder, threads, state);
    INFO(resumed.status().ToString());
    REQUIRE(resumed.ok());
    detector = *std::move(resumed);
  }
  REQUIRE(detector->Process(segments).ok());
  absl::StatusOr<std::string> left = detector->Suspend();
  REQUIRE(left.ok());
  state = *std::move(left);
  return recorder.events;
}

template <typename Kind>
size_t CountOf(const std::vector<Event>& events) {
  size_t count = 0;
  for (const Event& event : events) {
    if (std::holds_alternative<Kind>(event)) ++count;
  }
  return count;
}

// What Save() of an object writes.
template <typename Object>
std::string SavedBy(const Object& object) {
  checkpoint::Writer out;
  object.Save(out);
  return out.bytes();
}

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_RESUMED_RUNS_H_
