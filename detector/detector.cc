// SPDX-License-Identifier: BSD-3-Clause
#include "detector/detector.h"

namespace cairn {

class Detector::Impl {
 public:
  DetectorCounters counters;
};

Detector::Detector(const DetectorOptions& options, EventSink& sink) : impl_(std::make_unique<Impl>()) {
  static_cast<void>(options);
  static_cast<void>(sink);
}
Detector::~Detector() = default;
absl::Status Detector::Process(std::span<const Segment> segments) {
  impl_->counters.segments += segments.size();
  return absl::OkStatus();
}
absl::Status Detector::AdvanceTo(PacketTime) { return absl::OkStatus(); }
void Detector::SetPacketsLost(uint64_t) {}
absl::Status Detector::Finish() { return absl::OkStatus(); }
DetectorCounters Detector::counters() const { return impl_->counters; }

}  // namespace cairn
