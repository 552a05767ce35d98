// SPDX-License-Identifier: BSD-3-Clause
// What pcapng can hold beyond what libpcap reads, and its clocks.
#include "catch2/catch.hpp"

#include "tests/capture/capture_files.h"

namespace cairn::testing {
namespace {

constexpr uint32_t kRawLink = 101;
constexpr uint32_t kUnsupportedLink = 189;  // LINKTYPE_USB_LINUX

Bytes PcapngFrame(uint32_t seq) { return PlainTcpFrame("10.0.0.1", 1000, "10.0.0.2", 22, seq, 10); }
Bytes RawFrame(uint32_t seq) {
  return FrameBuilder()
      .Ipv4("10.0.0.1", "10.0.0.2")
      .Tcp(1000, 22, {.seq = seq})
      .Payload(10)
      .Build();
}

std::vector<uint32_t> SequenceNumbers(const ReadResult& result) {
  std::vector<uint32_t> numbers;
  for (const Segment& segment : result.segments) numbers.push_back(segment.seq);
  return numbers;
}

int64_t TimeOfOnlySegment(const PcapngFile& file) {
  const ReadResult result = ReadBytes(file.bytes());
  REQUIRE(result.end_status.ok());
  REQUIRE(result.segments.size() == 1);
  return result.segments[0].time.ToNanoseconds();
}

}  // namespace

TEST_CASE("pcapng packet blocks of all three kinds are read, other blocks are skipped") {
  for (const bool big_endian : {false, true}) {
    PcapngFile file(big_endian);
    file.Section().Interface(kEthernetLink);
    file.Simple(PcapngFrame(1))
        .Block(0x0bad, Bytes(17, 0xff))
        .Enhanced(0, 5, PcapngFrame(2))
        .Obsolete(0, 6, PcapngFrame(3));
    const ReadResult result = ReadBytes(file.bytes());
    CHECK(result.end_status.ok());
    CHECK(SequenceNumbers(result) == std::vector<uint32_t>{1, 2, 3});
  }
}

TEST_CASE("pcapng interfaces may differ in link type, snapshot length and clock") {
  PcapngFile file;
  file.Section().Interface(kEthernetLink, 96, 6).Interface(kRawLink, 65535, 9);
  file.Enhanced(0, 2'000'000, PcapngFrame(1)).Enhanced(1, 3'000'000'000, RawFrame(2));
  const ReadResult result = ReadBytes(file.bytes());
  CHECK(result.end_status.ok());
  REQUIRE(SequenceNumbers(result) == std::vector<uint32_t>{1, 2});
  CHECK(result.segments[0].time.ToNanoseconds() == 2'000'000'000);
  CHECK(result.segments[1].time.ToNanoseconds() == 3'000'000'000);
  SECTION("which libpcap says it cannot read") {
    const ReadResult refused = ReadBytes(file.bytes(), capture::Reader::kLibpcap);
    CHECK(refused.end_status.code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("pcapng sections have their own interfaces and may differ in byte order") {
  PcapngFile file(false);
  file.Section().Interface(kEthernetLink).Enhanced(0, 1, PcapngFrame(1));
  file.SetBigEndian(true).Section().Interface(kRawLink).Enhanced(0, 2, RawFrame(2));
  const ReadResult result = ReadBytes(file.bytes());
  CHECK(result.end_status.ok());
  CHECK(SequenceNumbers(result) == std::vector<uint32_t>{1, 2});
}

TEST_CASE("packets of an unsupported link type beside others are counted") {
  PcapngFile file;
  file.Section().Interface(kUnsupportedLink).Interface(kEthernetLink);
  file.Enhanced(0, 1, Bytes(40, 1)).Enhanced(1, 2, PcapngFrame(1)).Enhanced(0, 3, Bytes(40, 1));
  const ReadResult result = ReadBytes(file.bytes());
  CHECK(result.end_status.ok());
  CHECK(result.segments.size() == 1);
  CHECK(result.counters.Dropped(DropReason::kUnsupportedLink) == 2);
}

TEST_CASE("a pcapng file with unsupported link types only is refused by name") {
  PcapngFile file;
  file.Section().Interface(kUnsupportedLink);
  SECTION("with packets") { file.Enhanced(0, 1, Bytes(40, 1)); }
  SECTION("without packets") {}
  const ReadResult result = ReadBytes(file.bytes());
  CHECK(result.end_status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(result.end_status.ToString().find("USB_LINUX") != std::string::npos);
}

TEST_CASE("pcapng time resolutions of ten and of two, and offsets, give the same moment") {
  const auto file = [](uint8_t resolution, uint64_t ticks, std::optional<int64_t> offset = {}) {
    PcapngFile one;
    one.Section()
        .Interface(kEthernetLink, 0, resolution, offset)
        .Enhanced(0, ticks, PcapngFrame(1));
    return TimeOfOnlySegment(one);
  };
  constexpr uint8_t kPowerOfTwo = 0x80;
  constexpr int64_t kSecond = 1'000'000'000;
  CHECK(file(0, 1'700'000'000) == 1'700'000'000 * kSecond);
  CHECK(file(3, 1'700'000'000'250) == 1'700'000'000 * kSecond + 250'000'000);
  CHECK(file(6, 1'700'000'000'000'250) == 1'700'000'000 * kSecond + 250'000);
  CHECK(file(9, 1'700'000'000'000'000'250) == 1'700'000'000 * kSecond + 250);
  CHECK(file(10, 17'000'000'000'000'000'259U) == 1'700'000'000 * kSecond + 25);
  CHECK(file(kPowerOfTwo | 0, 1'700'000'000) == 1'700'000'000 * kSecond);
  CHECK(file(kPowerOfTwo | 10, 1'700'000'000ULL << 10 | 512) ==
        1'700'000'000 * kSecond + kSecond / 2);
  CHECK(file(kPowerOfTwo | 32, 1'700'000'000ULL << 32 | 1ULL << 31) ==
        1'700'000'000 * kSecond + kSecond / 2);
  CHECK(file(kPowerOfTwo | 50, 5ULL << 50 | 1ULL << 48) == 5 * kSecond + kSecond / 4);
  CHECK(file(6, 250, 1'700'000'000) == 1'700'000'000 * kSecond + 250'000);
  CHECK(file(6, 2'000'250, -1) == kSecond + 250'000);
}

TEST_CASE("the default pcapng clock counts microseconds") {
  PcapngFile file;
  file.Section().Interface(kEthernetLink).Enhanced(0, 1'700'000'000'000'250, PcapngFrame(1));
  CHECK(TimeOfOnlySegment(file) == 1'700'000'000'000'250'000);
}

TEST_CASE("impossible pcapng times are moved to the nearest possible one") {
  PcapngFile far;
  far.Section().Interface(kEthernetLink, 0, 0).Enhanced(0, 1ULL << 40, PcapngFrame(1));
  CHECK(TimeOfOnlySegment(far) == 0xffffffffLL * 1'000'000'000);
}

TEST_CASE("a pcapng packet that names an interface not described is damage") {
  PcapngFile file;
  file.Section()
      .Interface(kEthernetLink)
      .Enhanced(0, 1, PcapngFrame(1))
      .Enhanced(1, 2, PcapngFrame(2));
  const ReadResult result = ReadBytes(file.bytes());
  CHECK(result.end_status.code() == absl::StatusCode::kDataLoss);
  CHECK(result.segments.size() == 1);
}

TEST_CASE("a pcapng block larger than the read buffer is read") {
  Bytes frame = PcapngFrame(1);
  frame.resize(200'000);
  PcapngFile file;
  file.Section()
      .Interface(kEthernetLink)
      .Block(0x0bad, Bytes(3'000'000))
      .Enhanced(0, 1, frame)
      .Enhanced(0, 2, PcapngFrame(2));
  const ReadResult result = ReadBytes(file.bytes());
  CHECK(result.end_status.ok());
  CHECK(SequenceNumbers(result) == std::vector<uint32_t>{1, 2});
}

}  // namespace cairn::testing
