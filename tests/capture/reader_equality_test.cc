// SPDX-License-Identifier: BSD-3-Clause
// Our own file readers against libpcap, the reference.
#include <random>
#include <string_view>

#include "catch2/catch.hpp"

#include "tests/capture/capture_files.h"

namespace cairn::testing {
namespace {

using capture::Reader;

// libpcap refuses, by the interfaces' descriptions, some pcapng files that we read
// (buffered_reader.h).
bool RefusedByLibpcapAlone(const ReadResult& reference, const ReadResult& ours) {
  const std::string message = reference.end_status.ToString();
  if (message.find("libpcap cannot read on") != std::string::npos) return true;
  return message.find("link type") != std::string::npos && ours.open_status.ok();
}

void CheckEqual(const std::string& path) {
  const ReadResult reference = ReadFiles({path}, Reader::kLibpcap);
  const ReadResult ours = ReadFiles({path}, Reader::kFastest);
  INFO("libpcap: " << reference.end_status.ToString());
  INFO("ours:    " << ours.end_status.ToString());
  if (RefusedByLibpcapAlone(reference, ours)) {
    CHECK(ours.counters.packets >= reference.counters.packets);
    return;
  }
  CHECK(reference.open_status.code() == ours.open_status.code());
  CHECK(reference.end_status.code() == ours.end_status.code());
  CHECK(reference.counters == ours.counters);
  CHECK(reference.segments == ours.segments);
}

// One small, random and repeatable damage.
Bytes Mutate(Bytes file, std::mt19937& random) {
  const auto below = [&random](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  const auto at = [&file](size_t i) { return file.begin() + static_cast<std::ptrdiff_t>(i); };
  switch (below(6)) {
    case 0:
      file.resize(below(file.size()));
      break;
    case 1:
      file.insert(at(below(file.size())), 1 + below(8), static_cast<uint8_t>(random()));
      break;
    case 2: {
      const size_t first = below(file.size());
      file.erase(at(first), at(first + below(std::min<size_t>(file.size() - first, 16))));
      break;
    }
    case 3: {  // the structures at the front, where most of the readers' decisions fall
      const size_t front = std::min<size_t>(file.size(), 120);
      for (size_t i = 0; i < 1 + below(3); ++i) file[below(front)] = static_cast<uint8_t>(random());
      break;
    }
    default:
      for (size_t i = 0; i < 1 + below(6); ++i) {
        file[below(file.size())] = static_cast<uint8_t>(random());
      }
  }
  return file;
}

}  // namespace

TEST_CASE("both readers give the same for every sample capture") {
  const std::vector<std::string> samples = SampleCaptures();
  REQUIRE(samples.size() >= 30);
  for (const std::string& path : samples) {
    INFO(path);
    CheckEqual(path);
  }
}

TEST_CASE("both readers give the same for mutated captures") {
  std::mt19937 random(20001);  // a fixed seed: the same damages in every run
  for (const std::string& path : SampleCaptures()) {
    const Bytes original = FileContent(path);
    for (int i = 0; i < 120; ++i) {
      const TemporaryFile mutated(Mutate(original, random));
      INFO(path << ", mutation " << i);
      CheckEqual(mutated.path());
    }
  }
}

TEST_CASE("both readers give the same when a capture is cut at any byte") {
  const std::vector<Record> records = {
      {.time_ns = 1'000'000'001, .bytes = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, 3, 4)},
      {.time_ns = 1'000'000'002, .bytes = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, 7, 9)}};
  PcapngFile pcapng;
  pcapng.Section().Interface(kEthernetLink, 65535, 9);
  for (const Record& record : records) {
    pcapng.Enhanced(0, static_cast<uint64_t>(record.time_ns), record.bytes);
  }
  for (const Bytes& whole : {PcapFile(records), pcapng.bytes()}) {
    for (size_t length = 1; length <= whole.size(); ++length) {
      INFO("cut to " << length << " bytes");
      const TemporaryFile cut{std::span(whole).first(length)};
      CheckEqual(cut.path());
    }
  }
}

TEST_CASE("both readers give the same in every byte order and time resolution of pcap") {
  const std::vector<Record> records = {
      // after 2038, when 32 signed bits of seconds are over
      {.time_ns = 4'000'000'000'123'456'789,
       .bytes = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, 3, 4)},
      {.time_ns = 4'000'000'000'999'999'999,
       .bytes = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, 7, 9)}};
  for (const bool big_endian : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      const TemporaryFile file(
          PcapFile(records, {.nanoseconds = nanoseconds, .big_endian = big_endian}));
      CheckEqual(file.path());
      const ReadResult result = ReadFiles({file.path()});
      REQUIRE(result.segments.size() == 2);
      const int64_t unit = nanoseconds ? 1 : 1000;
      CHECK(result.segments[0].time.ToNanoseconds() == records[0].time_ns / unit * unit);
      CHECK(result.segments[1].time.ToNanoseconds() == records[1].time_ns / unit * unit);
    }
  }
}

TEST_CASE("both readers cut packets to the snapshot length of the file header") {
  const std::vector<Record> records = {
      {.bytes = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, 3, 4)}};
  for (const uint32_t snapshot_length : {20U, 40U, 54U, 0U, 0x80000000U}) {
    const TemporaryFile file(PcapFile(records, {.snapshot_length = snapshot_length}));
    CheckEqual(file.path());
  }
}

TEST_CASE("both readers treat absurd captured lengths alike") {
  const Bytes frame = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, 3, 300);
  for (const uint32_t length : {0U, 13U, 262144U, 262145U, 0x7fffffffU, 0xffffffffU}) {
    Bytes file = PcapFile(std::vector<Record>{{.bytes = frame}, {.bytes = frame}});
    const size_t second_length_at = 24 + 16 + frame.size() + 8;
    for (size_t i = 0; i < 4; ++i)
      file[second_length_at + i] = static_cast<uint8_t>(length >> (8 * i));
    const TemporaryFile damaged(file);
    INFO("captured length " << length);
    CheckEqual(damaged.path());
  }
}

}  // namespace cairn::testing
