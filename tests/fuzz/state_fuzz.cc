// SPDX-License-Identifier: BSD-3-Clause
// The reader of states: whatever a file holds, it is refused or used, and a detector that goes on
// from it works.  Also with the checksum made right, so that it is no wall.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "detector/checkpoint/envelope.h"
#include "detector/detector.h"

namespace {

using cairn::Detector;

class Nowhere : public cairn::EventSink {
 public:
  absl::Status Write(const cairn::Event& /*event*/) override { return absl::OkStatus(); }
};

cairn::DetectorOptions Small() {
  cairn::DetectorOptions options;
  options.connections.max_connections = 4096;
  options.timing.max_pairs = 256;
  options.timing.max_recent_onsets = 64;
  options.chains.max_chains = 16;
  options.relays.enabled = true;
  return options;
}

// Somebody who types on the connections of the inputs, and others.
std::vector<cairn::Segment> SomeTraffic(cairn::PacketTime start) {
  std::vector<cairn::Segment> segments;
  for (uint32_t i = 0; i < 64; ++i) {
    cairn::Segment segment;
    segment.time = start + cairn::PacketDelta::FromMilliseconds(400 * i);
    segment.src = cairn::IpAddress::FromV4(0x0a000100U + i % 8);
    segment.dst = cairn::IpAddress::FromV4(0xcb007200U + i % 8);
    segment.src_port = 50'000;
    segment.dst_port = 22;
    segment.seq = 1000 * i;
    segment.payload_bytes = 48;
    segments.push_back(segment);
  }
  return segments;
}

void GoOnFrom(std::string_view state) {
  const cairn::DetectorOptions options = Small();
  Nowhere sink;
  auto detector = Detector::Resume(options, sink, Detector::Threads::kOne, state);
  if (!detector.ok()) return;
  const absl::StatusOr<std::string> again = (*detector)->SaveState();
  if (!again.ok()) std::abort();
  auto second = Detector::Resume(options, sink, Detector::Threads::kOne, *again);
  if (!second.ok() || (*second)->SaveState().value() != *again) std::abort();
  const cairn::PacketTime start = std::max((*detector)->now(), cairn::PacketTime());
  if (!(*detector)->Process(SomeTraffic(start)).ok()) std::abort();
  if (!(*detector)->Finish().ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  GoOnFrom(bytes);
  if (bytes.starts_with(cairn::checkpoint::kMagic)) {
    constexpr size_t kHeader = cairn::checkpoint::kMagic.size() + 16;
    if (size > kHeader) GoOnFrom(cairn::checkpoint::Seal(bytes.substr(kHeader)));
  } else {
    GoOnFrom(cairn::checkpoint::Seal(bytes));
  }
  return 0;
}
