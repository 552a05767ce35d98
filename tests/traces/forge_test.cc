// SPDX-License-Identifier: BSD-3-Clause
// Captures with forged packets: what stays, what is added, and that it is wrong only where it
// should.
#include "traces/forge.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traces/scratch_file.h"
#include "traces/pcap_writer.h"
#include "traces/tcp_frame.h"
#include "traces/world.h"

namespace cairn::traces {
namespace {

constexpr uint32_t kClientSeq = 1000;
constexpr uint32_t kServerSeq = 0xfffffff0;  // wraps after the first data
constexpr char kClient[] = "198.51.100.1";
constexpr char kServer[] = "10.10.0.7";

PacketTime At(int64_t milliseconds) {
  return PacketTime::FromNanoseconds(1'700'000'000'000'000'000 + milliseconds * 1'000'000);
}

// A connection from outside: a handshake, `keys` of 10 bytes with echoes of 20, one a second, and
// the client's FIN.  All is acknowledged at once.
std::vector<Segment> Typing(int keys) {
  std::vector<Segment> segments;
  uint32_t client = kClientSeq;
  uint32_t server = kServerSeq;
  int64_t now = 0;
  const auto add = [&](bool of_client, uint8_t flags, uint32_t bytes) {
    Segment s;
    s.time = At(now);
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

RawCapture Written(const ScratchFile& file, const std::vector<Segment>& segments,
                   uint32_t snap = 1600) {
  absl::StatusOr<PcapWriter> writer = PcapWriter::Create(file.path(), {.snap_length_bytes = snap});
  REQUIRE(writer.ok());
  for (const Segment& segment : segments) REQUIRE(writer->Write(segment).ok());
  REQUIRE(writer->Close().ok());
  absl::StatusOr<RawCapture> capture = ReadRawCapture(file.path());
  REQUIRE(capture.ok());
  REQUIRE(capture->records.size() == segments.size());
  return *std::move(capture);
}

// Many connections of both families, with losses.
RawCapture Busy(const ScratchFile& file) {
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
  return Written(file, segments, 96);
}

ForgeOptions Every(std::string_view attack, Ignored reason, uint32_t packets = 1) {
  ForgeOptions options;
  options.attack = FindAttack(attack);
  REQUIRE(options.attack != nullptr);
  options.as.reason = reason;
  options.every_packets = packets;
  options.protect.Add(Prefix::Parse("10.10.0.0/16").value());
  options.protect.Add(Prefix::Parse("2001:db8:10::/48").value());
  return options;
}

struct Outcome {
  ForgeCounts counts;
  RawCapture written;
};

Outcome Forged(const RawCapture& capture, const ForgeOptions& options) {
  const ScratchFile out("forged.pcap");
  const absl::StatusOr<ForgeCounts> counts = Forge(capture, options, out.path());
  REQUIRE(counts.ok());
  absl::StatusOr<RawCapture> written = ReadRawCapture(out.path());
  REQUIRE(written.ok());
  return {*counts, *std::move(written)};
}

bool Same(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// What was added to `capture`; fails when a real packet is missing, changed or out of its order.
std::vector<RawCapture::Record> Added(const RawCapture& capture, const RawCapture& written) {
  std::vector<RawCapture::Record> added;
  size_t next = 0;
  for (const RawCapture::Record& record : written.records) {
    if (next < capture.records.size() &&
        Same(written.Whole(record), capture.Whole(capture.records[next]))) {
      ++next;
    } else {
      added.push_back(record);
    }
  }
  CHECK(Same(written.FileHeader(), capture.FileHeader()));
  REQUIRE(next == capture.records.size());
  return added;
}

std::vector<TcpFrame> AddedFrames(const RawCapture& capture, const Outcome& outcome) {
  std::vector<TcpFrame> frames;
  for (const RawCapture::Record& record : Added(capture, outcome.written)) {
    const std::optional<TcpFrame> frame = ReadTcpFrame(outcome.written.Frame(record));
    REQUIRE(frame.has_value());
    frames.push_back(*frame);
  }
  return frames;
}

// The folded sum of the words of `bytes`, from scratch.
uint32_t Fold(std::vector<uint8_t> bytes) {
  if (bytes.size() % 2 != 0) bytes.push_back(0);
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2)
    sum += static_cast<uint64_t>(bytes[i]) * 256 + bytes[i + 1];
  return static_cast<uint32_t>(sum % 0xffff);
}

bool TcpChecksumIsRight(std::span<const uint8_t> frame, const TcpFrame& tcp) {
  const bool v4 = frame[TcpFrame::kIpAt] >> 4 == 4;
  const size_t addresses_at = TcpFrame::kIpAt + (v4 ? 12 : 8);
  const auto size = static_cast<uint32_t>(frame.size() - tcp.tcp_at);
  std::vector<uint8_t> bytes(
      frame.begin() + static_cast<std::ptrdiff_t>(addresses_at),
      frame.begin() + static_cast<std::ptrdiff_t>(addresses_at + (v4 ? 8 : 32)));
  bytes.insert(bytes.end(), {0, 6, static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)});
  bytes.insert(bytes.end(), frame.begin() + static_cast<std::ptrdiff_t>(tcp.tcp_at), frame.end());
  return Fold(bytes) == 0;
}

bool Ipv4ChecksumIsRight(std::span<const uint8_t> frame) {
  if (frame[TcpFrame::kIpAt] >> 4 != 4) return true;
  return Fold({frame.begin() + TcpFrame::kIpAt, frame.begin() + TcpFrame::kIpAt + 20}) == 0;
}

TEST_CASE("each attack keeps real packets to the bit, and is wrong only where it says") {
  const ScratchFile file("busy.pcap");
  const RawCapture capture = Busy(file);
  for (const Attack& attack : Attacks()) {
    for (int i = 0; i < kIgnoredReasons; ++i) {
      const auto reason = static_cast<Ignored>(i);
      if (!attack.Allows(reason, Knowledge::kReads) || reason == Ignored::kOldStamp) continue;
      INFO(attack.name << " " << NameOf(reason));
      const Outcome outcome = Forged(capture, Every(attack.name, reason, 3));
      const std::vector<RawCapture::Record> added = Added(capture, outcome.written);
      CHECK(added.size() == outcome.counts.forged);
      CHECK(added.size() > 20);
      for (const RawCapture::Record& record : added) {
        const std::span<const uint8_t> frame = outcome.written.Frame(record);
        const std::optional<TcpFrame> tcp = ReadTcpFrame(frame);
        REQUIRE(tcp.has_value());
        CHECK(Ipv4ChecksumIsRight(frame));
        if (frame.size() == tcp->header_bytes + tcp->payload_bytes)
          CHECK(TcpChecksumIsRight(frame, *tcp) == (reason != Ignored::kChecksum));
        CHECK((tcp->hop_limit == 1) == (reason == Ignored::kHopLimit));
      }
    }
  }
}

TEST_CASE("forged packets keep the order of time, wherever they are placed") {
  const ScratchFile file("busy.pcap");
  const RawCapture capture = Busy(file);
  for (const Placement placement :
       {Placement::kBefore, Placement::kMiddle, Placement::kAfter, Placement::kMixed}) {
    ForgeOptions options = Every("data", Ignored::kChecksum);
    options.placement = placement;
    options.interval = PacketDelta::FromSeconds(1);
    const Outcome outcome = Forged(capture, options);
    CHECK(outcome.counts.forged > capture.records.size() / 2);
    CHECK(std::is_sorted(outcome.written.records.begin(), outcome.written.records.end(),
                         [](const auto& a, const auto& b) { return a.time < b.time; }));
  }
}

TEST_CASE("a forged packet is just before or after a real one, or halfway between two") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = Written(file, Typing(3));
  ForgeOptions options = Every("data", Ignored::kChecksum);
  options.once = true;
  options.every_packets = 0;
  options.forger = Forger::kOutsider;
  const auto time = [&] {
    const Outcome outcome = Forged(capture, options);
    const std::vector<RawCapture::Record> added = Added(capture, outcome.written);
    REQUIRE(added.size() == 1);
    return added[0].time;
  };
  const PacketDelta microsecond = PacketDelta::FromMicroseconds(1);
  // The third key is at 3000 ms, its echo 1 ms later.
  options.placement = Placement::kAfter;
  CHECK(time() == At(3000) + microsecond);
  options.placement = Placement::kBefore;
  CHECK(time() == At(3001) - microsecond);
  options.placement = Placement::kMiddle;
  CHECK(time() == At(3000) + PacketDelta::FromMicroseconds(500));
}

TEST_CASE("the same seed gives the same bytes, another one others") {
  const ScratchFile file("busy.pcap");
  const RawCapture capture = Busy(file);
  ForgeOptions options = Every("confirmed", Ignored::kHopLimit, 5);
  const std::vector<uint8_t> first = Forged(capture, options).written.bytes;
  CHECK(Forged(capture, options).written.bytes == first);
  options.seed = 2;
  CHECK(Forged(capture, options).written.bytes != first);
}

TEST_CASE("without an attack nothing changes") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = Written(file, Typing(5));
  CHECK(Forged(capture, ForgeOptions()).written.bytes == capture.bytes);
}

// The one packet that is forged just after the client's third key, whose 10 bytes are not
// acknowledged yet, or just before the fourth.
TcpFrame OfClient(const char* attack, Ignored reason, Placement placement = Placement::kAfter,
                  uint32_t ahead = 0) {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = Written(file, Typing(3));
  ForgeOptions options = Every(attack, reason, 0);
  options.once = true;
  options.forger = Forger::kOutsider;
  options.placement = placement;
  options.as.ahead_bytes = ahead;
  const std::vector<TcpFrame> frames = AddedFrames(capture, Forged(capture, options));
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].src.ip == IpAddress::Parse(kClient).value());
  return frames[0];
}

TEST_CASE("what is forged continues the numbers that were seen") {
  constexpr uint32_t kNext = kClientSeq + 1 + 30;
  const TcpFrame data = OfClient("data", Ignored::kChecksum);
  CHECK(data.seq == kNext);
  CHECK(data.ack == kServerSeq + 1 + 40);
  CHECK(data.payload_bytes == 8);
  CHECK(data.flags == (kPsh | kAck));
  CHECK(OfClient("ahead", Ignored::kHopLimit, Placement::kAfter, 60'000'000).seq ==
        kNext + 60'000'000);
  CHECK(OfClient("ahead", Ignored::kState, Placement::kAfter, 1'000'000'000).seq ==
        kNext + 1'000'000'000);
  CHECK(OfClient("rst", Ignored::kHopLimit).seq == kNext);
  CHECK(OfClient("rst", Ignored::kHopLimit).Has(kRst));
  CHECK(OfClient("fin", Ignored::kChecksum).Has(kFin));
  CHECK(OfClient("fin-ahead", Ignored::kState).seq == kNext + 100'000'000);
  CHECK(OfClient("zero-window", Ignored::kChecksum).window == 0);
  CHECK(OfClient("ack-ahead", Ignored::kState).ack == kServerSeq + 1 + 40 + 1'000'000);
  const TcpFrame duplicate = OfClient("duplicate", Ignored::kChecksum);
  CHECK(duplicate.seq == kNext - 10);
  CHECK(duplicate.payload_bytes == 18);
}

TEST_CASE("what is ignored for the receiver's state cannot be news to it") {
  // The server has acknowledged 30 bytes with its echo.
  constexpr uint32_t kAcknowledged = kClientSeq + 1 + 30;
  const TcpFrame stale = OfClient("stale", Ignored::kState, Placement::kMiddle);
  CHECK(Ahead(stale.seq + stale.payload_bytes, kAcknowledged) >= 0);
  CHECK(Ahead(kClientSeq, stale.seq) > 0);
  const TcpFrame rst = OfClient("rst-window", Ignored::kState, Placement::kMiddle);
  CHECK(Ahead(kAcknowledged, rst.seq) > 0);
  CHECK(Ahead(kAcknowledged + rst.window, rst.seq) < 0);
  const TcpFrame outside = OfClient("rst-outside", Ignored::kState, Placement::kMiddle);
  CHECK((Ahead(kAcknowledged, outside.seq) < 0 ||
         Ahead(kAcknowledged + outside.window, outside.seq) > 0));
  CHECK(std::abs(Ahead(kAcknowledged, OfClient("syn", Ignored::kState).seq)) >= 0x40000000);
}

TEST_CASE("nothing is forged where the receiver might take it") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = Written(file, Typing(8));
  // 1,000 bytes ahead lie in the window.
  ForgeOptions options = Every("ahead", Ignored::kState);
  options.as.ahead_bytes = 1000;
  const Outcome ahead = Forged(capture, options);
  CHECK(ahead.counts.forged == 0);
  CHECK(ahead.counts.impossible > 0);
  // While its newest byte is not acknowledged, the one before the next is news: a key for 1 ms, its
  // echo for another.
  options = Every("keep-alive", Ignored::kState);
  options.placement = Placement::kAfter;
  const Outcome outcome = Forged(capture, options);
  const std::vector<RawCapture::Record> added = Added(capture, outcome.written);
  CHECK(added.size() > 10);
  for (const RawCapture::Record& record : added) {
    const TcpFrame frame = ReadTcpFrame(outcome.written.Frame(record)).value();
    CHECK(frame.payload_bytes == 1);
    const bool of_client = frame.dst.port == 22;
    const int64_t since_key_us = (record.time - At(0)).ToNanoseconds() / 1000 % 1'000'000;
    CHECK(since_key_us != (of_client ? 1 : 1001));
  }
  // Connections are left alone before data and after a FIN.
  options = Every("data", Ignored::kChecksum);
  for (const RawCapture::Record& record : Added(capture, Forged(capture, options).written)) {
    CHECK(record.time > At(1000));
    CHECK(record.time < At(8004));
  }
}

TEST_CASE("forged data and the forged acknowledgement of them go together") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = Written(file, Typing(5));
  ForgeOptions options = Every("confirmed", Ignored::kChecksum);
  options.as.ahead_bytes = 5000;
  options.as.run = 3;
  const std::vector<TcpFrame> frames = AddedFrames(capture, Forged(capture, options));
  REQUIRE(!frames.empty());
  REQUIRE(frames.size() % 4 == 0);
  for (size_t i = 0; i < frames.size(); i += 4) {
    CHECK(frames[i + 1].seq == frames[i].seq + 8);
    CHECK(frames[i + 2].seq == frames[i].seq + 16);
    CHECK(frames[i + 3].src == frames[i].dst);
    CHECK(frames[i + 3].ack == frames[i].seq + 24);
    CHECK(frames[i + 3].payload_bytes == 0);
  }
}

TEST_CASE("an old time stamp is older than all before it, and needs hosts that send any") {
  // The generator's SYNs agree on none.
  const ScratchFile file("typing.pcap");
  CHECK(Forged(Written(file, Typing(8)), Every("data", Ignored::kOldStamp)).counts.forged == 0);
  std::vector<Segment> segments = Typing(8);
  segments.erase(segments.begin(), segments.begin() + 2);  // picked up behind them
  const RawCapture capture = Written(file, segments);
  const std::vector<TcpFrame> frames =
      AddedFrames(capture, Forged(capture, Every("data", Ignored::kOldStamp)));
  REQUIRE(frames.size() > 10);
  const uint32_t first = *ReadTcpFrame(capture.Frame(capture.records[0]))->timestamp;
  for (const TcpFrame& frame : frames) CHECK(Ahead(first, *frame.timestamp) < -10'000'000);
}

TEST_CASE("an outsider forges only what enters; a blind one is half the numbers away") {
  const ScratchFile file("busy.pcap");
  const RawCapture capture = Busy(file);
  ForgeOptions options = Every("rst", Ignored::kHopLimit, 2);
  options.forger = Forger::kOutsider;
  for (const TcpFrame& frame : AddedFrames(capture, Forged(capture, options))) {
    CHECK_FALSE(options.protect.Contains(frame.src.ip));
    CHECK(options.protect.Contains(frame.dst.ip));
  }
  const RawCapture typing = Written(file, Typing(8));
  options.as = {.reason = Ignored::kState, .knowledge = Knowledge::kBlind};
  for (const TcpFrame& frame : AddedFrames(typing, Forged(typing, options)))
    CHECK(std::abs(Ahead(kClientSeq, frame.seq)) >= 0x3fff0000);
}

TEST_CASE("one direction is what its senders sent, forged packets too") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = Written(file, Typing(8));
  ForgeOptions options = Every("confirmed", Ignored::kChecksum);
  for (const Kept kept : {Kept::kClients, Kept::kServers, Kept::kEntering, Kept::kLeaving}) {
    options.kept = kept;
    const bool of_client = kept == Kept::kClients || kept == Kept::kEntering;
    const Outcome outcome = Forged(capture, options);
    CHECK(outcome.counts.left_out > 0);
    CHECK(outcome.written.records.size() ==
          capture.records.size() + outcome.counts.forged - outcome.counts.left_out);
    for (const RawCapture::Record& record : outcome.written.records)
      CHECK((ReadTcpFrame(outcome.written.Frame(record))->dst.port == 22) == of_client);
  }
}

TEST_CASE("a forgery a stretch of time goes into each flow") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = Written(file, Typing(100));
  ForgeOptions options = Every("rst", Ignored::kHopLimit, 0);
  options.interval = PacketDelta::FromSeconds(10);
  const Outcome outcome = Forged(capture, options);
  CHECK(outcome.counts.flows == 2);
  CHECK(outcome.counts.forged >= 18);
  CHECK(outcome.counts.forged <= 20);
}

TEST_CASE("forged packets are cut as the capture is, or as is asked") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = Written(file, Typing(8), 96);
  ForgeOptions options = Every("data", Ignored::kHopLimit);
  options.as.payload_bytes = 200;
  const auto captured = [&] {
    const Outcome outcome = Forged(capture, options);
    return Added(capture, outcome.written).front().captured_bytes;
  };
  CHECK(captured() == 96);
  options.snap_length = 0;
  CHECK(captured() == 66 - 12);  // without time stamps: the SYNs had none
  options.snap_length = 1600;
  CHECK(captured() == 54 + 200);
}

// The same file in the other byte order.
RawCapture Swapped(const RawCapture& capture, const ScratchFile& file) {
  std::vector<uint8_t> bytes = capture.bytes;
  const auto reverse = [&](size_t at, size_t size) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
  };
  reverse(0, 4);
  reverse(4, 2);
  reverse(6, 2);
  for (size_t at = 8; at < 24; at += 4) reverse(at, 4);
  for (const RawCapture::Record& record : capture.records)
    for (size_t at = 0; at < 16; at += 4) reverse(record.at + at, 4);
  std::ofstream(file.path(), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  absl::StatusOr<RawCapture> swapped = ReadRawCapture(file.path());
  REQUIRE(swapped.ok());
  return *std::move(swapped);
}

TEST_CASE("a file of either byte order stays one") {
  const ScratchFile file("little.pcap");
  const ScratchFile other("big.pcap");
  const RawCapture little = Written(file, Typing(8));
  const RawCapture big = Swapped(little, other);
  const ForgeOptions options = Every("data", Ignored::kChecksum);
  const Outcome from_little = Forged(little, options);
  const Outcome from_big = Forged(big, options);
  CHECK(Added(big, from_big.written).size() == from_big.counts.forged);
  CHECK(Swapped(from_little.written, other).bytes == from_big.written.bytes);
}

TEST_CASE("a cut, an empty or another file is refused, and named") {
  const ScratchFile file("whole.pcap");
  const RawCapture capture = Written(file, Typing(2));
  const ScratchFile damaged("damaged.pcap");
  const auto read = [&](size_t bytes) {
    std::ofstream(damaged.path(), std::ios::binary)
        .write(reinterpret_cast<const char*>(capture.bytes.data()),
               static_cast<std::streamsize>(bytes));
    const absl::Status status = ReadRawCapture(damaged.path()).status();
    CHECK(status.message().find("damaged.pcap") != absl::string_view::npos);
    return status.code();
  };
  CHECK(read(capture.bytes.size() - 1) == absl::StatusCode::kDataLoss);
  CHECK(read(capture.records.back().at + 5) == absl::StatusCode::kDataLoss);
  CHECK(read(20) == absl::StatusCode::kInvalidArgument);
  CHECK(read(0) == absl::StatusCode::kInvalidArgument);
  CHECK(ReadRawCapture("/nonexistent.pcap").status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("options that do not go together are refused, and so is a full disk") {
  const ScratchFile file("typing.pcap");
  RawCapture capture = Written(file, Typing(5));
  const auto code = [&](const ForgeOptions& options, const char* out = "/dev/null") {
    return Forge(capture, options, out).status().code();
  };
  CHECK(code(Every("data", Ignored::kChecksum)) == absl::StatusCode::kOk);
  CHECK(code(Every("data", Ignored::kChecksum), "/dev/full") == absl::StatusCode::kUnavailable);
  // The host would take them.
  for (const char* attack : {"data", "rst", "fin", "zero-window", "confirmed"})
    CHECK(code(Every(attack, Ignored::kState)) == absl::StatusCode::kInvalidArgument);
  CHECK(code(Every("rst", Ignored::kOldStamp)) == absl::StatusCode::kInvalidArgument);
  ForgeOptions options = Every("confirmed", Ignored::kChecksum);
  options.forger = Forger::kOutsider;
  CHECK(code(options) == absl::StatusCode::kInvalidArgument);
  options = Every("data", Ignored::kChecksum);
  options.forger = Forger::kOutsider;
  options.protect = {};
  CHECK(code(options) == absl::StatusCode::kInvalidArgument);
  options = Every("data", Ignored::kChecksum);
  options.as.payload_bytes = 0;
  CHECK(code(options) == absl::StatusCode::kInvalidArgument);
  options = Every("data", Ignored::kChecksum);
  options.max_bytes = 500;
  CHECK(code(options) == absl::StatusCode::kResourceExhausted);
  capture.header.link = 113;  // cooked
  CHECK(code(Every("data", Ignored::kChecksum)) == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::traces
