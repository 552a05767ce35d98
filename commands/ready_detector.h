// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_READY_DETECTOR_H_
#define CAIRN_COMMANDS_READY_DETECTOR_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "commands/state_file.h"
#include "detector/detector.h"
#include "detector/findings/event.h"

namespace cairn::commands {

// A detector that has got its memory before anything of the run's outputs is touched: settings that
// ask for too much are a fault of the configuration, and must not cost anybody a file.
class ReadyDetector {
 public:
  // What it gets.
  enum class Takes : uint8_t { kSegments, kStream };

  // `state`: what to go on from; null, or empty: nothing.  Requires: nothing, where it takes a
  // stream. Errors: Detector::Create's and Resume's.
  static absl::StatusOr<std::unique_ptr<ReadyDetector>> Make(
      const DetectorOptions& options, Detector::Threads threads = Detector::Threads::kOne,
      Takes takes = Takes::kSegments, const StateFile* state = nullptr) {
    std::unique_ptr<ReadyDetector> ready(new ReadyDetector());
    const bool resumes = state != nullptr && !state->contents().empty();
    absl::StatusOr<std::unique_ptr<Detector>> detector =
        takes == Takes::kStream ? Detector::CreateForStream(options, ready->sink_, threads)
        : resumes ? Detector::Resume(options, ready->sink_, threads, state->contents())
                  : Detector::Create(options, ready->sink_, threads);
    if (!detector.ok()) return resumes ? state->Explain(detector.status()) : detector.status();
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
