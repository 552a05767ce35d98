// SPDX-License-Identifier: BSD-3-Clause
// The proof that payload never influences what the detector sees: captures in which every byte
// behind the TCP header's flags is changed, or cut away, give the same segments.
#include <pcap/pcap.h>

#include <array>
#include <memory>

#include "catch2/catch.hpp"

#include "capture/frame_decoder.h"
#include "capture/pcap_handle.h"
#include "tests/capture/capture_files.h"

namespace cairn::testing {
namespace {

struct Capture {
  uint32_t link = 0;
  std::vector<Record> records;
};

// Nothing where libpcap cannot read the file.
std::optional<Capture> Load(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  const capture::PcapHandle pcap(pcap_open_offline_with_tstamp_precision(
      path.c_str(), PCAP_TSTAMP_PRECISION_NANO, reason.data()));
  if (pcap == nullptr) return std::nullopt;
  Capture capture;
  capture.link = static_cast<uint32_t>(pcap_datalink(pcap.get()));
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  while (pcap_next_ex(pcap.get(), &header, &bytes) == 1) {
    capture.records.push_back({.time_ns = header->ts.tv_sec * 1'000'000'000LL + header->ts.tv_usec,
                               .bytes = Bytes(bytes, bytes + header->caplen),
                               .wire_bytes = header->len});
  }
  return capture;
}

// How many of a packet's bytes its segment depends on: found by cutting, so that this test knows no
// header format.
size_t NeededBytes(const Record& record, capture::LinkType link, const Segment& expected) {
  const capture::FrameDecoder decoder{capture::TunnelOptions{}};
  size_t length = record.bytes.size();
  Segment segment;
  while (length > 0) {
    const capture::Packet cut{.time = PacketTime::FromNanoseconds(record.time_ns),
                              .link = link,
                              .wire_bytes = record.wire_bytes,
                              .bytes = std::span(record.bytes).first(length - 1)};
    if (decoder.Decode(cut, segment) != DropReason::kNone || segment != expected) break;
    --length;
  }
  return length;
}

std::optional<Segment> HeaderOnlyDecode(const Record& record, capture::LinkType link) {
  const capture::FrameDecoder decoder{capture::TunnelOptions{}};
  Segment segment;
  const capture::Packet packet{.time = PacketTime::FromNanoseconds(record.time_ns),
                               .link = link,
                               .wire_bytes = record.wire_bytes,
                               .bytes = record.bytes};
  if (decoder.Decode(packet, segment) != DropReason::kNone) return std::nullopt;
  return segment;
}

}  // namespace

TEST_CASE("changing or cutting every byte behind the headers leaves the segments as they were") {
  size_t segments_checked = 0;
  size_t payload_bytes_changed = 0;
  for (const std::string& path : SampleCaptures()) {
    const std::optional<Capture> capture = Load(path);
    if (!capture.has_value()) continue;
    const capture::LinkType link = capture::LinkTypeFromNumber(capture->link);
    if (link == capture::LinkType::kUnsupported) continue;
    std::vector<Record> changed = capture->records;
    std::vector<Record> cut = capture->records;
    for (size_t i = 0; i < capture->records.size(); ++i) {
      const std::optional<Segment> segment = HeaderOnlyDecode(capture->records[i], link);
      if (!segment.has_value()) continue;
      const size_t needed = NeededBytes(capture->records[i], link, *segment);
      for (size_t at = needed; at < changed[i].bytes.size(); ++at) changed[i].bytes[at] ^= 0xff;
      payload_bytes_changed += changed[i].bytes.size() - needed;
      cut[i].bytes.resize(needed);
      ++segments_checked;
    }
    INFO(path);
    const PcapFormat format{.link = capture->link};
    const ReadResult original = ReadBytes(PcapFile(capture->records, format));
    CHECK(ReadBytes(PcapFile(changed, format)).segments == original.segments);
    CHECK(ReadBytes(PcapFile(cut, format)).segments == original.segments);
  }
  CHECK(segments_checked > 100);
  CHECK(payload_bytes_changed > 10000);
}

TEST_CASE("a segment has no room for payload, and decoding needs 14 bytes of TCP") {
  CHECK(sizeof(Segment) == 80);
  const Bytes frame = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, 3, 40);
  const Record record{.bytes = frame, .wire_bytes = static_cast<uint32_t>(frame.size())};
  const std::optional<Segment> segment = HeaderOnlyDecode(record, capture::LinkType::kEthernet);
  REQUIRE(segment.has_value());
  // A checksum is known only of a whole segment, and needed by nobody.
  CHECK(segment->checksum != Checksum::kUnknown);
  const Record cut{.bytes = Bytes(frame.begin(), frame.begin() + 14 + 20 + 14),
                   .wire_bytes = record.wire_bytes};
  std::optional<Segment> of_cut = HeaderOnlyDecode(cut, capture::LinkType::kEthernet);
  REQUIRE(of_cut.has_value());
  CHECK(of_cut->checksum == Checksum::kUnknown);
  of_cut->checksum = segment->checksum;
  CHECK(*of_cut == *segment);
}

}  // namespace cairn::testing
