// SPDX-License-Identifier: BSD-3-Clause
#include "traces/writing/pcap_writer.h"

#include <filesystem>

#include "catch2/catch.hpp"

#include "tests/traces/scratch_file.h"
#include "tests/traces/written_captures.h"

namespace cairn::traces {
namespace {

TEST_CASE("a written capture holds the very segments, plain and compressed, IPv4 and IPv6") {
  const std::vector<Segment> segments = SampleSegments();
  for (const char* name : {"back.pcap", "back.pcap.gz"}) {
    const ScratchFile file(name);
    WriteAll(file.path(), {.unit = TimeUnit::kNanoseconds}, segments);
    CHECK(ReadBack(file.path()) == segments);
  }
}

TEST_CASE("microsecond captures round times down, nothing else") {
  std::vector<Segment> segments = SampleSegments();
  const ScratchFile file("micro.pcap");
  WriteAll(file.path(), {}, segments);
  for (Segment& s : segments)
    s.time = PacketTime::FromNanoseconds(s.time.ToNanoseconds() / 1000 * 1000);
  CHECK(ReadBack(file.path()) == segments);
}

TEST_CASE("a snap length beyond the headers keeps payload, and the segments stay the same") {
  const std::vector<Segment> segments = SampleSegments();
  const ScratchFile bare("bare.pcap");
  const ScratchFile full("full.pcap");
  WriteAll(bare.path(), {.unit = TimeUnit::kNanoseconds}, segments);
  WriteAll(full.path(), {.unit = TimeUnit::kNanoseconds, .snap_length_bytes = 1600}, segments);
  CHECK(std::filesystem::file_size(full.path()) > std::filesystem::file_size(bare.path()));
  CHECK(ReadBack(full.path()) == segments);
}

TEST_CASE("a capture that cannot be written says so") {
  CHECK_FALSE(PcapWriter::Create("/nonexistent/a.pcap", {}).ok());
  absl::StatusOr<PcapWriter> full = PcapWriter::Create("/dev/full", {});
  REQUIRE(full.ok());
  REQUIRE(full->Write(SampleSegments().front()).ok());
  CHECK_FALSE(full->Close().ok());
}

}  // namespace
}  // namespace cairn::traces
