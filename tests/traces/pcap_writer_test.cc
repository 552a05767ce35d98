// SPDX-License-Identifier: BSD-3-Clause
// Written captures, read back by the capture library.
#include "traces/pcap_writer.h"

#include <filesystem>
#include <map>
#include <memory>
#include <span>

#include "catch2/catch.hpp"

#include "capture/open.h"
#include "tests/traces/sample_truth.h"
#include "tests/traces/scratch_file.h"
#include "traces/cut.h"
#include "traces/world.h"

namespace cairn::traces {
namespace {

std::vector<Segment> ReadBack(const std::string& path) {
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

std::vector<Segment> SampleSegments() {
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

void WriteAll(const std::string& path, const PcapWriter::Options& options,
              const std::vector<Segment>& segments) {
  absl::StatusOr<PcapWriter> writer = PcapWriter::Create(path, options);
  REQUIRE(writer.ok());
  for (const Segment& segment : segments) REQUIRE(writer->Write(segment).ok());
  REQUIRE(writer->Close().ok());
  CHECK(writer->packets() == segments.size());
}

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

TEST_CASE("a cut keeps the chosen connections, no payload, and a truth that fits") {
  WorldOptions options;
  options.duration_s = 90;
  options.interactive = 5;
  options.direct_chains = 1;
  options.session_min_s = 60;
  options.session_max_s = 80;
  const ScratchFile whole("whole.pcap");
  const ScratchFile part("part.pcap");
  absl::StatusOr<PcapWriter> out = PcapWriter::Create(whole.path(), {.snap_length_bytes = 1600});
  REQUIRE(out.ok());
  const absl::StatusOr<Truth> truth =
      Generate(options, [&](const Segment& s) { return out->Write(s); });
  REQUIRE(truth.ok());
  REQUIRE(out->Close().ok());

  absl::StatusOr<PcapWriter> writer = PcapWriter::Create(part.path(), {});
  REQUIRE(writer.ok());
  CutOptions cut;
  cut.scenarios = {"direct"};
  cut.until_s = 85;
  const absl::StatusOr<Truth> kept = CutCapture(whole.path(), *truth, cut, *writer);
  REQUIRE(kept.ok());
  REQUIRE(writer->Close().ok());
  CHECK(kept->connections.size() == 2);
  CHECK(kept->pairs.size() == 1);
  uint64_t packets = 0;
  for (const TruthConnection& connection : kept->connections) packets += connection.packets;
  CHECK(ReadBack(part.path()).size() == packets);
  // File header, then for each packet a record header and at most 66 bytes of headers.
  CHECK(std::filesystem::file_size(part.path()) <= 24 + packets * (16 + 66));
}

TEST_CASE("a cut that keeps nothing, or reads no capture, is an error") {
  const ScratchFile part("none.pcap");
  absl::StatusOr<PcapWriter> writer = PcapWriter::Create(part.path(), {});
  REQUIRE(writer.ok());
  CHECK(absl::IsInvalidArgument(
      CutCapture("/nonexistent.pcap", SampleTruth(), {}, *writer).status()));
  const ScratchFile whole("some.pcap");
  WriteAll(whole.path(), {}, SampleSegments());
  CHECK(absl::IsNotFound(CutCapture(whole.path(), SampleTruth(), {}, *writer).status()));
}

TEST_CASE("the bundled captures hold what their truths say") {
  for (const char* name : {"demo", "broadcast", "keepalive", "rlogin_ssh"}) {
    const std::string stem = std::string(CAIRN_SOURCE_DIR) + "/traces/" + name;
    const absl::StatusOr<Truth> truth = ReadTruthFile(stem + ".truth.json.gz");
    REQUIRE(truth.ok());
    std::map<Link, uint64_t> packets;
    for (const Segment& s : ReadBack(stem + ".pcap.gz")) {
      ++packets[Unoriented({{s.src, s.src_port}, {s.dst, s.dst_port}})];
    }
    CHECK(packets.size() == truth->connections.size());
    for (const TruthConnection& connection : truth->connections) {
      CHECK(packets[Unoriented(connection.link)] == connection.packets);
    }
  }
}

}  // namespace
}  // namespace cairn::traces
