// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_FUZZ_READER_INPUT_H_
#define CAIRN_TESTS_FUZZ_READER_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/byte_stream.h"
#include "capture/segment_source.h"

namespace cairn::fuzz {

// The bytes as an open file, without touching a disk.
absl::StatusOr<std::unique_ptr<capture::ByteStream>> StreamOf(const uint8_t* data, size_t size);

struct Outcome {
  std::vector<Segment> segments;
  CaptureCounters counters;
  absl::Status status;
};

// Reads to the end and checks what holds for every source: every packet is a segment or counted
// under one reason, and the end is the end.
Outcome ReadToEnd(capture::SegmentSource& source);

}  // namespace cairn::fuzz

#endif  // CAIRN_TESTS_FUZZ_READER_INPUT_H_
