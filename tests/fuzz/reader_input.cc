// SPDX-License-Identifier: BSD-3-Clause
#include "tests/fuzz/reader_input.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <numeric>

namespace cairn::fuzz {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

absl::StatusOr<std::unique_ptr<capture::ByteStream>> StreamOf(const uint8_t* data, size_t size) {
  const int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
  Require(descriptor >= 0);
  Require(write(descriptor, data, size) == static_cast<ssize_t>(size));
  lseek(descriptor, 0, SEEK_SET);
  return capture::ByteStream::FromDescriptor(descriptor, "fuzz");
}

Outcome ReadToEnd(capture::SegmentSource& source) {
  Outcome outcome;
  SegmentBatch batch;
  for (;;) {
    batch.Clear();
    const absl::StatusOr<capture::SourceState> state = source.Read(batch);
    const auto segments = batch.segments();
    outcome.segments.insert(outcome.segments.end(), segments.begin(), segments.end());
    if (state.ok() && *state != capture::SourceState::kEnd) continue;
    outcome.status = state.status();
    break;
  }
  outcome.counters = source.counters();
  const auto& dropped = outcome.counters.dropped;
  const uint64_t reasons = std::accumulate(dropped.begin(), dropped.end(), uint64_t{0});
  Require(outcome.counters.segments == outcome.segments.size());
  Require(outcome.counters.packets == outcome.counters.segments + reasons);
  batch.Clear();
  Require(source.Read(batch).status() == outcome.status);
  Require(batch.empty());
  return outcome;
}

}  // namespace cairn::fuzz
