// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACES_COPIES_FORGED_CAPTURES_H_
#define CAIRN_TESTS_TRACES_COPIES_FORGED_CAPTURES_H_

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traces/scratch_file.h"
#include "traces/copies/forge.h"
#include "traces/generator/world.h"
#include "traces/writing/pcap_writer.h"
#include "traces/writing/tcp_frame.h"

// Captures to forge packets into, and what was forged.
namespace cairn::traces {

inline constexpr uint32_t kClientSeq = 1000;
inline constexpr uint32_t kServerSeq = 0xfffffff0;  // wraps after the first data
inline constexpr char kClient[] = "198.51.100.1";
inline constexpr char kServer[] = "10.10.0.7";

inline PacketTime ScriptTime(int64_t milliseconds) {
  return PacketTime::FromNanoseconds(1'700'000'000'000'000'000 + milliseconds * 1'000'000);
}

// A connection from outside: a handshake, `keys` of 10 bytes with echoes of 20, one a second, and
// the client's FIN.  All is acknowledged at once.
inline std::vector<Segment> TypingSession(int keys) {
  std::vector<Segment> segments;
  uint32_t client = kClientSeq;
  uint32_t server = kServerSeq;
  int64_t now = 0;
  const auto add = [&](bool of_client, uint8_t flags, uint32_t bytes) {
    Segment s;
    s.time = ScriptTime(now);
    now += 1;
    s.src = IpAddress::Parse(of_client ? kClient : kServer).value();
    s.dst = IpAddress::Parse(of_client ? kServer : kClient).value();
    s.src_port = of_client ? 40000 : 22;
    s.dst_port = of_client ? 22 : 40000;
    uint32_t& own = of_client ? client : server;
    s.seq = own;
    s.ack = (flags & kAck) != 0 ? (of_client ? server : client) : 0;
    s.flags = flags;
    s.payload_bytes = bytes;
    own += bytes + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
    segments.push_back(s);
  };
  add(true, kSyn, 0);
  add(false, kSyn | kAck, 0);
  add(true, kAck, 0);
  for (int key = 0; key < keys; ++key) {
    now = 1000 * (key + 1);
    add(true, kPsh | kAck, 10);
    add(false, kPsh | kAck, 20);
    add(true, kAck, 0);
  }
  add(true, kFin | kAck, 0);
  add(false, kAck, 0);
  return segments;
}

inline RawCapture WriteCapture(const ScratchFile& file, const std::vector<Segment>& segments,
                               uint32_t snap = 1600) {
  absl::StatusOr<PcapWriter> writer =
      PcapWriter::Create(file.path(), {.snap_length_bytes = snap},
                         files::OutputGuard(files::OutputGuard::Foreign::kReplace));
  REQUIRE(writer.ok());
  for (const Segment& segment : segments) REQUIRE(writer->Write(segment).ok());
  REQUIRE(writer->Close().ok());
  absl::StatusOr<RawCapture> capture = ReadRawCapture(file.path());
  REQUIRE(capture.ok());
  REQUIRE(capture->records.size() == segments.size());
  return *std::move(capture);
}

// Many connections of both families, with losses.
inline RawCapture BusySite(const ScratchFile& file) {
  WorldOptions options;
  options.duration_s = 40;
  options.interactive = 6;
  options.session_min_s = 20;
  options.session_max_s = 30;
  options.site.ipv6_share = 0.5;
  std::vector<Segment> segments;
  REQUIRE(Generate(options, [&](const Segment& s) {
            segments.push_back(s);
            return absl::OkStatus();
          }).ok());
  return WriteCapture(file, segments, 96);
}

inline ForgeOptions ForgeEvery(std::string_view attack, Ignored reason, uint32_t packets = 1) {
  ForgeOptions options;
  options.attack = FindAttack(attack);
  REQUIRE(options.attack != nullptr);
  options.as.reason = reason;
  options.every_packets = packets;
  options.protect.Add(Prefix::Parse("10.10.0.0/16").value());
  options.protect.Add(Prefix::Parse("2001:db8:10::/48").value());
  return options;
}

struct Forgery {
  ForgeCounts counts;
  RawCapture written;
};

inline Forgery RunForge(const RawCapture& capture, const ForgeOptions& options) {
  const ScratchFile out("forged.pcap");
  const absl::StatusOr<ForgeCounts> counts = Forge(capture, options, out.path());
  REQUIRE(counts.ok());
  absl::StatusOr<RawCapture> written = ReadRawCapture(out.path());
  REQUIRE(written.ok());
  return {*counts, *std::move(written)};
}

inline bool SameBytes(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// What was added to `capture`; fails when a real packet is missing, changed or out of its order.
inline std::vector<RawCapture::Record> AddedRecords(const RawCapture& capture,
                                                    const RawCapture& written) {
  std::vector<RawCapture::Record> added;
  size_t next = 0;
  for (const RawCapture::Record& record : written.records) {
    if (next < capture.records.size() &&
        SameBytes(written.Whole(record), capture.Whole(capture.records[next]))) {
      ++next;
    } else {
      added.push_back(record);
    }
  }
  CHECK(SameBytes(written.FileHeader(), capture.FileHeader()));
  REQUIRE(next == capture.records.size());
  return added;
}

inline std::vector<TcpFrame> AddedFrames(const RawCapture& capture, const Forgery& outcome) {
  std::vector<TcpFrame> frames;
  for (const RawCapture::Record& record : AddedRecords(capture, outcome.written)) {
    const std::optional<TcpFrame> frame = ReadTcpFrame(outcome.written.Frame(record));
    REQUIRE(frame.has_value());
    frames.push_back(*frame);
  }
  return frames;
}

}  // namespace cairn::traces

#endif  // CAIRN_TESTS_TRACES_COPIES_FORGED_CAPTURES_H_
