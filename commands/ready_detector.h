// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_READY_DETECTOR_H_
#define CAIRN_COMMANDS_READY_DETECTOR_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "detector/detector.h"
#include "detector/findings/event.h"

namespace cairn::commands {

// A detector that has got its memory before anything of the run's outputs is touched: settings that
// ask for too much are a fault of the configuration, and must not cost anybody a file.
class ReadyDetector {
 public:
  // What it gets.
  enum class Takes : uint8_t { kSegments, kStream };

  // Errors: Detector::Create's.
  static absl::StatusOr<std::unique_ptr<ReadyDetector>> Make(
      const DetectorOptions& options, Detector::Threads threads = Detector::Threads::kOne,
      Takes takes = Takes::kSegments) {
    std::unique_ptr<ReadyDetector> ready(new ReadyDetector());
    absl::StatusOr<std::unique_ptr<Detector>> detector =
        takes == Takes::kSegments ? Detector::Create(options, ready->sink_, threads)
                                  : Detector::CreateForStream(options, ready->sink_, threads);
    if (!detector.ok()) return detector.status();
    ready->detector_ = *std::move(detector);
    return ready;
  }

  // To be called before the detector's first work.  Requires: `sink` outlives that.
  void WriteTo(EventSink& sink) { sink_.to = &sink; }
  Detector& detector() { return *detector_; }

 private:
  struct LateSink : EventSink {
    absl::Status Write(const Event& event) override { return to->Write(event); }
    absl::Status WriteScore(const HostScore& score) override { return to->WriteScore(score); }
    absl::Status WriteSession(const SessionRecord& session) override {
      return to->WriteSession(session);
    }
    EventSink* to = nullptr;
  };
  ReadyDetector() = default;

  LateSink sink_;
  std::unique_ptr<Detector> detector_;
};

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_READY_DETECTOR_H_
