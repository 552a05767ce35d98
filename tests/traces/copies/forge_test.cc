// SPDX-License-Identifier: BSD-3-Clause
// Captures with forged packets: what stays, what is added, and that it is wrong only where it
// should.
#include "traces/copies/forge.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traces/copies/forged_captures.h"

namespace cairn::traces {
namespace {

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
  const RawCapture capture = BusySite(file);
  for (const Attack& attack : Attacks()) {
    for (int i = 0; i < kIgnoredReasons; ++i) {
      const auto reason = static_cast<Ignored>(i);
      if (!attack.Allows(reason, Knowledge::kReads) || reason == Ignored::kOldStamp) continue;
      INFO(attack.name << " " << NameOf(reason));
      const Forgery outcome = RunForge(capture, ForgeEvery(attack.name, reason, 3));
      const std::vector<RawCapture::Record> added = AddedRecords(capture, outcome.written);
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
  const RawCapture capture = BusySite(file);
  for (const Placement placement :
       {Placement::kBefore, Placement::kMiddle, Placement::kAfter, Placement::kMixed}) {
    ForgeOptions options = ForgeEvery("data", Ignored::kChecksum);
    options.placement = placement;
    options.interval = PacketDelta::FromSeconds(1);
    const Forgery outcome = RunForge(capture, options);
    CHECK(outcome.counts.forged > capture.records.size() / 2);
    CHECK(std::is_sorted(outcome.written.records.begin(), outcome.written.records.end(),
                         [](const auto& a, const auto& b) { return a.time < b.time; }));
  }
}

TEST_CASE("a forged packet is just before or after a real one, or halfway between two") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = WriteCapture(file, TypingSession(3));
  ForgeOptions options = ForgeEvery("data", Ignored::kChecksum);
  options.once = true;
  options.every_packets = 0;
  options.forger = Forger::kOutsider;
  const auto time = [&] {
    const Forgery outcome = RunForge(capture, options);
    const std::vector<RawCapture::Record> added = AddedRecords(capture, outcome.written);
    REQUIRE(added.size() == 1);
    return added[0].time;
  };
  const PacketDelta microsecond = PacketDelta::FromMicroseconds(1);
  // The third key is at 3000 ms, its echo 1 ms later.
  options.placement = Placement::kAfter;
  CHECK(time() == ScriptTime(3000) + microsecond);
  options.placement = Placement::kBefore;
  CHECK(time() == ScriptTime(3001) - microsecond);
  options.placement = Placement::kMiddle;
  CHECK(time() == ScriptTime(3000) + PacketDelta::FromMicroseconds(500));
}

TEST_CASE("the same seed gives the same bytes, another one others") {
  const ScratchFile file("busy.pcap");
  const RawCapture capture = BusySite(file);
  ForgeOptions options = ForgeEvery("confirmed", Ignored::kHopLimit, 5);
  const std::vector<uint8_t> first = RunForge(capture, options).written.bytes;
  CHECK(RunForge(capture, options).written.bytes == first);
  options.seed = 2;
  CHECK(RunForge(capture, options).written.bytes != first);
}

TEST_CASE("without an attack nothing changes") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = WriteCapture(file, TypingSession(5));
  CHECK(RunForge(capture, ForgeOptions()).written.bytes == capture.bytes);
}

TEST_CASE("one direction is what its senders sent, forged packets too") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = WriteCapture(file, TypingSession(8));
  ForgeOptions options = ForgeEvery("confirmed", Ignored::kChecksum);
  for (const Kept kept : {Kept::kClients, Kept::kServers, Kept::kEntering, Kept::kLeaving}) {
    options.kept = kept;
    const bool of_client = kept == Kept::kClients || kept == Kept::kEntering;
    const Forgery outcome = RunForge(capture, options);
    CHECK(outcome.counts.left_out > 0);
    CHECK(outcome.written.records.size() ==
          capture.records.size() + outcome.counts.forged - outcome.counts.left_out);
    for (const RawCapture::Record& record : outcome.written.records)
      CHECK((ReadTcpFrame(outcome.written.Frame(record))->dst.port == 22) == of_client);
  }
}

TEST_CASE("a forgery a stretch of time goes into each flow") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = WriteCapture(file, TypingSession(100));
  ForgeOptions options = ForgeEvery("rst", Ignored::kHopLimit, 0);
  options.interval = PacketDelta::FromSeconds(10);
  const Forgery outcome = RunForge(capture, options);
  CHECK(outcome.counts.flows == 2);
  CHECK(outcome.counts.forged >= 18);
  CHECK(outcome.counts.forged <= 20);
}

TEST_CASE("forged packets are cut as the capture is, or as is asked") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = WriteCapture(file, TypingSession(8), 96);
  ForgeOptions options = ForgeEvery("data", Ignored::kHopLimit);
  options.as.payload_bytes = 200;
  const auto captured = [&] {
    const Forgery outcome = RunForge(capture, options);
    return AddedRecords(capture, outcome.written).front().captured_bytes;
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
  const RawCapture little = WriteCapture(file, TypingSession(8));
  const RawCapture big = Swapped(little, other);
  const ForgeOptions options = ForgeEvery("data", Ignored::kChecksum);
  const Forgery from_little = RunForge(little, options);
  const Forgery from_big = RunForge(big, options);
  CHECK(AddedRecords(big, from_big.written).size() == from_big.counts.forged);
  CHECK(Swapped(from_little.written, other).bytes == from_big.written.bytes);
}

TEST_CASE("a cut, an empty or another file is refused, and named") {
  const ScratchFile file("whole.pcap");
  const RawCapture capture = WriteCapture(file, TypingSession(2));
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
  RawCapture capture = WriteCapture(file, TypingSession(5));
  const auto code = [&](const ForgeOptions& options, const char* out = "/dev/null") {
    return Forge(capture, options, out).status().code();
  };
  CHECK(code(ForgeEvery("data", Ignored::kChecksum)) == absl::StatusCode::kOk);
  CHECK(code(ForgeEvery("data", Ignored::kChecksum), "/dev/full") ==
        absl::StatusCode::kUnavailable);
  // The host would take them.
  for (const char* attack : {"data", "rst", "fin", "zero-window", "confirmed"})
    CHECK(code(ForgeEvery(attack, Ignored::kState)) == absl::StatusCode::kInvalidArgument);
  CHECK(code(ForgeEvery("rst", Ignored::kOldStamp)) == absl::StatusCode::kInvalidArgument);
  ForgeOptions options = ForgeEvery("confirmed", Ignored::kChecksum);
  options.forger = Forger::kOutsider;
  CHECK(code(options) == absl::StatusCode::kInvalidArgument);
  options = ForgeEvery("data", Ignored::kChecksum);
  options.forger = Forger::kOutsider;
  options.protect = {};
  CHECK(code(options) == absl::StatusCode::kInvalidArgument);
  options = ForgeEvery("data", Ignored::kChecksum);
  options.as.payload_bytes = 0;
  CHECK(code(options) == absl::StatusCode::kInvalidArgument);
  options = ForgeEvery("data", Ignored::kChecksum);
  options.max_bytes = 500;
  CHECK(code(options) == absl::StatusCode::kResourceExhausted);
  capture.header.link = 113;  // cooked
  CHECK(code(ForgeEvery("data", Ignored::kChecksum)) == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::traces
