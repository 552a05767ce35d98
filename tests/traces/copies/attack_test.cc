// SPDX-License-Identifier: BSD-3-Clause
// What each attack sends, and what it does not because a host might take it.
#include "traces/copies/attack.h"

#include <cstdlib>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traces/copies/forged_captures.h"

namespace cairn::traces {
namespace {

// The one packet that is forged just after the client's third key, whose 10 bytes are not
// acknowledged yet, or just before the fourth.
TcpFrame OfClient(const char* attack, Ignored reason, Placement placement = Placement::kAfter,
                  uint32_t ahead = 0) {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = WriteCapture(file, TypingSession(3));
  ForgeOptions options = ForgeEvery(attack, reason, 0);
  options.once = true;
  options.forger = Forger::kOutsider;
  options.placement = placement;
  options.as.ahead_bytes = ahead;
  const std::vector<TcpFrame> frames = AddedFrames(capture, RunForge(capture, options));
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
  const RawCapture capture = WriteCapture(file, TypingSession(8));
  // 1,000 bytes ahead lie in the window.
  ForgeOptions options = ForgeEvery("ahead", Ignored::kState);
  options.as.ahead_bytes = 1000;
  const Forgery ahead = RunForge(capture, options);
  CHECK(ahead.counts.forged == 0);
  CHECK(ahead.counts.impossible > 0);
  // While its newest byte is not acknowledged, the one before the next is news: a key for 1 ms, its
  // echo for another.
  options = ForgeEvery("keep-alive", Ignored::kState);
  options.placement = Placement::kAfter;
  const Forgery outcome = RunForge(capture, options);
  const std::vector<RawCapture::Record> added = AddedRecords(capture, outcome.written);
  CHECK(added.size() > 10);
  for (const RawCapture::Record& record : added) {
    const TcpFrame frame = ReadTcpFrame(outcome.written.Frame(record)).value();
    CHECK(frame.payload_bytes == 1);
    const bool of_client = frame.dst.port == 22;
    const int64_t since_key_us = (record.time - ScriptTime(0)).ToNanoseconds() / 1000 % 1'000'000;
    CHECK(since_key_us != (of_client ? 1 : 1001));
  }
  // Connections are left alone before data and after a FIN.
  options = ForgeEvery("data", Ignored::kChecksum);
  for (const RawCapture::Record& record :
       AddedRecords(capture, RunForge(capture, options).written)) {
    CHECK(record.time > ScriptTime(1000));
    CHECK(record.time < ScriptTime(8004));
  }
}

TEST_CASE("forged data and the forged acknowledgement of them go together") {
  const ScratchFile file("typing.pcap");
  const RawCapture capture = WriteCapture(file, TypingSession(5));
  ForgeOptions options = ForgeEvery("confirmed", Ignored::kChecksum);
  options.as.ahead_bytes = 5000;
  options.as.run = 3;
  const std::vector<TcpFrame> frames = AddedFrames(capture, RunForge(capture, options));
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
  CHECK(RunForge(WriteCapture(file, TypingSession(8)), ForgeEvery("data", Ignored::kOldStamp))
            .counts.forged == 0);
  std::vector<Segment> segments = TypingSession(8);
  segments.erase(segments.begin(), segments.begin() + 2);  // picked up behind them
  const RawCapture capture = WriteCapture(file, segments);
  const std::vector<TcpFrame> frames =
      AddedFrames(capture, RunForge(capture, ForgeEvery("data", Ignored::kOldStamp)));
  REQUIRE(frames.size() > 10);
  const uint32_t first = *ReadTcpFrame(capture.Frame(capture.records[0]))->timestamp;
  for (const TcpFrame& frame : frames) CHECK(Ahead(first, *frame.timestamp) < -10'000'000);
}

TEST_CASE("an outsider forges only what enters; a blind one is half the numbers away") {
  const ScratchFile file("busy.pcap");
  const RawCapture capture = BusySite(file);
  ForgeOptions options = ForgeEvery("rst", Ignored::kHopLimit, 2);
  options.forger = Forger::kOutsider;
  for (const TcpFrame& frame : AddedFrames(capture, RunForge(capture, options))) {
    CHECK_FALSE(options.protect.Contains(frame.src.ip));
    CHECK(options.protect.Contains(frame.dst.ip));
  }
  const RawCapture typing = WriteCapture(file, TypingSession(8));
  options.as = {.reason = Ignored::kState, .knowledge = Knowledge::kBlind};
  for (const TcpFrame& frame : AddedFrames(typing, RunForge(typing, options)))
    CHECK(std::abs(Ahead(kClientSeq, frame.seq)) >= 0x3fff0000);
}

}  // namespace
}  // namespace cairn::traces
