// SPDX-License-Identifier: BSD-3-Clause
#include "capture/details.h"

#include <algorithm>

#include "capture/byte_order.h"
#include "capture/fingerprint.h"

namespace cairn::capture {
namespace {

constexpr size_t kFixedHeaderBytes = 20;
constexpr size_t kWindowOffset = 14;
constexpr uint8_t kEndOfOptions = 0;
constexpr uint8_t kNoOperation = 1;
constexpr uint8_t kTimestamps = 8;
constexpr size_t kTimestampsBytes = 10;

void TakeTimestamps(const uint8_t* option, SegmentDetails& details) {
  details.timestamp = LoadBig32(option + 2);
  details.timestamp_echo = LoadBig32(option + 6);
  details.known |= SegmentDetails::kTimestamps;
}

void ReadOptions(std::span<const uint8_t> options, SegmentDetails& details) {
  // As nearly every system lays them out on all but the first segment: two bytes of padding, then
  // the time stamps.
  constexpr uint32_t kUsual = 0x0101080a;
  if (options.size() >= 2 + kTimestampsBytes && LoadBig32(options.data()) == kUsual) {
    TakeTimestamps(options.data() + 2, details);
    return;
  }
  while (!options.empty() && options[0] != kEndOfOptions) {
    if (options[0] == kNoOperation) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) return;
    if (options[0] == kTimestamps && options[1] == kTimestampsBytes) {
      TakeTimestamps(options.data(), details);
      return;
    }
    options = options.subspan(options[1]);
  }
}

}  // namespace

void NoteVlan(uint16_t tag, SegmentDetails& details) {
  constexpr uint16_t kNumber = 0x0fff;
  if (details.Knows(SegmentDetails::kVlan) || (tag & kNumber) == 0) return;
  details.vlan = tag & kNumber;
  details.known |= SegmentDetails::kVlan;
}

void ReadTcpDetails(std::span<const uint8_t> tcp, size_t header_bytes, const DetailOptions& options,
                    Segment& segment) {
  SegmentDetails& details = segment.details;
  if (tcp.size() >= kWindowOffset + 2) {
    details.window = LoadBig16(tcp.data() + kWindowOffset);
    details.known |= SegmentDetails::kWindow;
  }
  const size_t options_end = std::min(header_bytes, tcp.size());
  if (options_end > kFixedHeaderBytes) {
    ReadOptions(tcp.subspan(kFixedHeaderBytes, options_end - kFixedHeaderBytes), details);
  }
  const size_t wanted = std::min<size_t>(options.fingerprint_bytes, segment.payload_bytes);
  if (wanted > 0 && tcp.size() >= header_bytes + wanted) {
    details.fingerprint = Fingerprint(tcp.subspan(header_bytes, wanted));
    details.known |= SegmentDetails::kFingerprint;
  }
}

}  // namespace cairn::capture
