// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a stored stream, and as the events of one, which no check sum keeps out: what the
// reader lets pass, the correlator can take, by each of its rules.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "detector/detector.h"
#include "detector/stream/stored_reader.h"
#include "tests/support/stored_bytes.h"

namespace {

using cairn::stream::StreamReader;

constexpr uint32_t kSlots = 64;

// Bits of the first byte.
constexpr unsigned kThresholds = 1;
constexpr unsigned kPublishedSums = 2;
constexpr unsigned kProtects = 4;
constexpr unsigned kAnyPairing = 8;

cairn::DetectorOptions OptionsOf(unsigned bits) {
  cairn::DetectorOptions options;
  options.connections.max_connections = kSlots;
  options.sessions.enabled = true;
  options.timing.max_pairs = 16;
  options.timing.max_recent_onsets = 64;
  options.relays.max_hosts = 4;
  options.relays.sums = 64;
  options.relays.terms = 10;
  options.slots.max_connections = 8;
  if ((bits & kThresholds) != 0) options.timing.rule = cairn::timing::Rule::kThresholds;
  if ((bits & kPublishedSums) != 0) options.relays.method = cairn::relays::Method::kPublished;
  if ((bits & kAnyPairing) != 0) options.relays.pairing = cairn::relays::Pairing::kAny;
  if ((bits & kProtects) != 0) {
    options.protected_networks.Add(*cairn::Prefix::Parse("10.10.0.0/16"));
  }
  return options;
}

// Looks at what it gets.
class Reader : public cairn::EventSink {
 public:
  absl::Status Write(const cairn::Event& event) override {
    if (event.valueless_by_exception()) std::abort();
    return absl::OkStatus();
  }
  absl::Status WriteSession(const cairn::SessionRecord& session) override {
    if (session.last_time < session.first_time) std::abort();
    return absl::OkStatus();
  }
};

void Replay(std::string_view file, unsigned bits) {
  const absl::StatusOr<std::unique_ptr<StreamReader>> reader =
      StreamReader::Open("stream", cairn::testing::From(file));
  if (!reader.ok()) return;
  (*reader)->LimitSlots(kSlots);
  Reader sink;
  const auto detector = cairn::Detector::CreateForStream(OptionsOf(bits), sink);
  if (!detector.ok()) std::abort();
  while (true) {
    cairn::stream::EventBatch batch;
    const absl::StatusOr<StreamReader::Read> read = (*reader)->Next(batch);
    if (!(*detector)->Take(batch).ok()) std::abort();
    if (read.ok() && *read != StreamReader::Read::kEnd) continue;
    const bool ended = read.ok();
    const cairn::PacketTime now = ended ? (*reader)->end().now : (*reader)->latest();
    if (!(*detector)->FinishStream(now).ok()) std::abort();
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const unsigned bits = data[0];
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  Replay(rest, bits);
  std::string file = cairn::testing::Beginning();
  constexpr size_t kMost = cairn::stream::kMostBlockBytes - 1;
  for (; !rest.empty(); rest.remove_prefix(std::min(kMost, rest.size()))) {
    file += cairn::testing::BlockBytes(cairn::stream::BlockKind::kEvents,
                                       std::string(rest.substr(0, kMost)));
  }
  Replay(file, bits);
  return 0;
}
