// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACES_WRITTEN_CAPTURES_H_
#define CAIRN_TESTS_TRACES_WRITTEN_CAPTURES_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "capture/open.h"
#include "traces/generator/world.h"
#include "traces/writing/pcap_writer.h"

// Captures as they are written, and read back by the capture library.
namespace cairn::traces {

inline std::vector<Segment> ReadBack(const std::string& path) {
  auto source = capture::OpenFiles(std::span(&path, 1), capture::Options());
  REQUIRE(source.ok());
  std::vector<Segment> segments;
  const auto batch = std::make_unique<SegmentBatch>();
  for (bool more = true; more;) {
    batch->Clear();
    const auto state = (*source)->Read(*batch);
    REQUIRE(state.ok());
    segments.insert(segments.end(), batch->segments().begin(), batch->segments().end());
    more = *state != capture::SourceState::kEnd;
  }
  // The writer's own, and told by no segment that is written.
  for (Segment& segment : segments) {
    segment.hop_limit = 0;
    segment.checksum = Checksum::kUnknown;
  }
  return segments;
}

inline std::vector<Segment> SampleSegments() {
  WorldOptions options;
  options.duration_s = 30;
  options.interactive = 5;
  options.session_min_s = 20;
  options.session_max_s = 30;
  options.site.ipv6_share = 0.5;
  std::vector<Segment> segments;
  REQUIRE(Generate(options, [&](const Segment& s) {
            segments.push_back(s);
            return absl::OkStatus();
          }).ok());
  REQUIRE(segments.size() > 100);
  return segments;
}

inline void WriteAll(const std::string& path, const PcapWriter::Options& options,
                     const std::vector<Segment>& segments) {
  absl::StatusOr<PcapWriter> writer = PcapWriter::Create(path, options);
  REQUIRE(writer.ok());
  for (const Segment& segment : segments) REQUIRE(writer->Write(segment).ok());
  REQUIRE(writer->Close().ok());
  CHECK(writer->packets() == segments.size());
}

}  // namespace cairn::traces

#endif  // CAIRN_TESTS_TRACES_WRITTEN_CAPTURES_H_
