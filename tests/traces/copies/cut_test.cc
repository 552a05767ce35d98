// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/cut.h"

#include <filesystem>
#include <map>

#include "catch2/catch.hpp"

#include "tests/traces/sample_truth.h"
#include "tests/traces/scratch_file.h"
#include "tests/traces/written_captures.h"

namespace cairn::traces {
namespace {

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
