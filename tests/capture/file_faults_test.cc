// SPDX-License-Identifier: BSD-3-Clause
// Bad input files: what is said, and that what was found before the fault is kept.
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>

#include "catch2/catch.hpp"

#include "tests/capture/capture_files.h"

namespace cairn::testing {
namespace {

using absl::StatusCode;
using capture::Reader;

std::vector<Record> ThreeRecords() {
  std::vector<Record> records;
  for (uint32_t i = 0; i < 3; ++i) {
    records.push_back(
        {.time_ns = 1'000'000 * i, .bytes = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, i, 4)});
  }
  return records;
}

bool Says(const ReadResult& result, std::string_view text) {
  return result.end_status.ToString().find(text) != std::string::npos;
}

// Replaces standard input by a file for the test's duration.
class StandardInput {
 public:
  explicit StandardInput(const std::string& path) : saved_(dup(STDIN_FILENO)) {
    REQUIRE(freopen(path.c_str(), "rb", stdin) != nullptr);
  }
  ~StandardInput() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int saved_;
};

}  // namespace

TEST_CASE("a file that cannot be read as a capture is refused with its name and advice") {
  for (const Reader reader : {Reader::kFastest, Reader::kLibpcap}) {
    SECTION(reader == Reader::kFastest ? "our reader" : "libpcap") {
      const ReadResult missing = ReadFiles({"/nonexistent/capture.pcap"}, reader);
      CHECK(missing.open_status.code() == StatusCode::kNotFound);
      CHECK(Says(missing, "/nonexistent/capture.pcap"));
      CHECK(ReadFiles({"/"}, reader).open_status.code() == StatusCode::kInvalidArgument);
      CHECK(Says(ReadFiles({"/"}, reader), "directory"));
      const TemporaryFile empty(std::string_view(""));
      CHECK(ReadFiles({empty.path()}, reader).open_status.code() == StatusCode::kInvalidArgument);
      CHECK(Says(ReadFiles({empty.path()}, reader), "empty"));
      const TemporaryFile text(
          std::string_view("This is no capture, but a letter to the editor.\n"));
      CHECK(ReadFiles({text.path()}, reader).open_status.code() == StatusCode::kInvalidArgument);
      CHECK(Says(ReadFiles({text.path()}, reader), text.path()));
      const TemporaryFile short_text(std::string_view("a"));
      CHECK(ReadFiles({short_text.path()}, reader).open_status.code() ==
            StatusCode::kInvalidArgument);
      const TemporaryFile usb(PcapFile(ThreeRecords(), {.link = 189}));
      CHECK(ReadFiles({usb.path()}, reader).open_status.code() == StatusCode::kInvalidArgument);
      CHECK(Says(ReadFiles({usb.path()}, reader), "USB"));
    }
  }
  CHECK(ReadFiles({}).open_status.code() == StatusCode::kInvalidArgument);
}

TEST_CASE("an unreadable file is refused for its permissions") {
  if (geteuid() == 0) {
    // Root reads everything; become nobody for the attempt.
    const TemporaryFile file(PcapFile(ThreeRecords()));
    REQUIRE(chmod(file.path().c_str(), 0000) == 0);
    REQUIRE(seteuid(65534) == 0);
    const ReadResult result = ReadFiles({file.path()});
    REQUIRE(seteuid(0) == 0);
    CHECK(result.open_status.code() == StatusCode::kPermissionDenied);
  } else {
    const TemporaryFile file(PcapFile(ThreeRecords()));
    REQUIRE(chmod(file.path().c_str(), 0000) == 0);
    CHECK(ReadFiles({file.path()}).open_status.code() == StatusCode::kPermissionDenied);
  }
}

TEST_CASE("a file cut in its header, in a packet header or in a packet is data loss") {
  const Bytes whole = PcapFile(ThreeRecords());
  const size_t record = (whole.size() - 24) / 3;
  for (const Reader reader : {Reader::kFastest, Reader::kLibpcap}) {
    const auto cut_to = [&](size_t bytes) {
      return ReadBytes(std::span(whole).first(bytes), reader);
    };
    CHECK(cut_to(20).open_status.code() == StatusCode::kDataLoss);
    for (const size_t inside : {size_t{5}, size_t{30}}) {  // packet header, packet
      const ReadResult result = cut_to(24 + 2 * record + inside);
      CHECK(result.open_status.ok());
      CHECK(result.end_status.code() == StatusCode::kDataLoss);
      CHECK(result.segments.size() == 2);
      CHECK(Says(result, "packet 3"));
      CHECK(Says(result, "cairn_test_"));
    }
    CHECK(cut_to(24 + 2 * record).end_status.ok());
  }
}

TEST_CASE("after an error or the end every further read returns the same") {
  Bytes cut = PcapFile(ThreeRecords());
  cut.pop_back();
  const TemporaryFile cut_file(cut);
  const TemporaryFile whole_file(PcapFile(ThreeRecords()));
  for (const Reader reader : {Reader::kFastest, Reader::kLibpcap}) {
    for (const int threads : {1, 2}) {
      SegmentBatch batch;
      const std::vector<std::string> damaged{cut_file.path()};
      auto source = capture::OpenFiles(damaged, {}, reader, threads);
      REQUIRE(source.ok());
      Drain(**source);
      CHECK((*source)->Read(batch).status().code() == StatusCode::kDataLoss);
      CHECK((*source)->Read(batch).status().code() == StatusCode::kDataLoss);
      CHECK(batch.empty());
      const std::vector<std::string> good{whole_file.path()};
      source = capture::OpenFiles(good, {}, reader, threads);
      REQUIRE(source.ok());
      Drain(**source);
      CHECK((*source)->Read(batch).value() == capture::SourceState::kEnd);
      CHECK(batch.empty());
    }
  }
}

TEST_CASE("gzip is recognised by content and read by both readers, also in several members") {
  const Bytes plain = PcapFile(ThreeRecords());
  const ReadResult expected = ReadBytes(plain);
  REQUIRE(expected.segments.size() == 3);
  const Bytes first = Gzip(std::span(plain).first(50));
  const Bytes second = Gzip(std::span(plain).subspan(50));
  Bytes members = first;
  members.insert(members.end(), second.begin(), second.end());
  Bytes trailing = Gzip(plain);
  trailing.insert(trailing.end(), 16, 0);
  for (const Reader reader : {Reader::kFastest, Reader::kLibpcap}) {
    for (const Bytes& compressed : {Gzip(plain), members, trailing}) {
      const ReadResult result = ReadBytes(compressed, reader);
      CHECK(result.end_status.ok());
      CHECK(result.segments == expected.segments);
    }
  }
}

TEST_CASE("a cut or damaged gzip file is data loss, and its good part is read") {
  std::vector<Record> records;
  for (uint32_t i = 0; i < 20000; ++i) {
    records.push_back({.time_ns = i * 1000LL,
                       .bytes = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, i * 77, i % 50)});
  }
  const Bytes whole = Gzip(PcapFile(records));
  for (const Reader reader : {Reader::kFastest, Reader::kLibpcap}) {
    const ReadResult cut = ReadBytes(std::span(whole).first(whole.size() / 2), reader);
    CHECK(cut.end_status.code() == StatusCode::kDataLoss);
    CHECK(Says(cut, "gzip"));
    CHECK(cut.segments.size() > 1000);
    CHECK(cut.segments.size() < 20000);
    Bytes damaged = whole;
    for (size_t i = 0; i < 64; ++i) damaged[whole.size() / 2 + i] ^= 0x55;
    const ReadResult corrupt = ReadBytes(damaged, reader);
    CHECK(corrupt.end_status.code() == StatusCode::kDataLoss);
    CHECK(corrupt.segments.size() > 1000);
  }
}

TEST_CASE("standard input is read, plain and compressed, as is a pipe") {
  const Bytes plain = PcapFile(ThreeRecords());
  const ReadResult expected = ReadBytes(plain);
  for (const Reader reader : {Reader::kFastest, Reader::kLibpcap}) {
    for (const int threads : {1, 2}) {
      for (const Bytes& content : {plain, Gzip(plain)}) {
        const TemporaryFile file(content);
        {
          const StandardInput input(file.path());
          CHECK(ReadFiles({"-"}, reader, threads).segments == expected.segments);
        }
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        REQUIRE(write(ends[1], content.data(), content.size()) ==
                static_cast<ssize_t>(content.size()));
        close(ends[1]);
        const std::string pipe_path = "/proc/self/fd/" + std::to_string(ends[0]);
        CHECK(ReadFiles({pipe_path}, reader, threads).segments == expected.segments);
        close(ends[0]);
      }
    }
  }
}

TEST_CASE("a silent pipe gives idle, not a hang, and is read on when something comes") {
  const Bytes plain = PcapFile(ThreeRecords());
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const std::vector<std::string> paths{"/proc/self/fd/" + std::to_string(ends[0])};
  for (const int threads : {1, 2}) {
    REQUIRE(write(ends[1], plain.data(), 24 + 7) == 24 + 7);  // ends inside a packet header
    auto source = capture::OpenFiles(paths, {}, Reader::kFastest, threads);
    REQUIRE(source.ok());
    SegmentBatch batch;
    CHECK((*source)->Read(batch).value() == capture::SourceState::kIdle);
    CHECK(batch.empty());
    const ssize_t rest = static_cast<ssize_t>(plain.size()) - 31;
    REQUIRE(write(ends[1], plain.data() + 31, static_cast<size_t>(rest)) == rest);
    while ((*source)->counters().packets < 3) {
      const auto state = (*source)->Read(batch);
      REQUIRE(state.ok());
      if (threads > 1) break;  // counters follow the batches that were handed out
    }
  }
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a file that is truncated while it is read is data loss or a shorter file, not a crash") {
  std::vector<Record> records;
  for (uint32_t i = 0; i < 20000; ++i) {
    records.push_back(
        {.time_ns = i * 1'000'000LL, .bytes = PlainTcpFrame("10.0.0.1", 1, "10.0.0.2", 2, i, 50)});
  }
  const TemporaryFile file(PcapFile(records));
  const std::vector<std::string> paths{file.path()};
  auto source = capture::OpenFiles(paths, {});
  REQUIRE(source.ok());
  SegmentBatch batch;
  REQUIRE((*source)->Read(batch).ok());
  REQUIRE(truncate(file.path().c_str(), 1000) == 0);
  const ReadResult rest = Drain(**source);
  CHECK(rest.counters.packets < 20000);
}

TEST_CASE("a snapshot length too small for the headers shows as counted truncation") {
  std::vector<Record> records = ThreeRecords();
  for (Record& record : records) {
    record.wire_bytes = static_cast<uint32_t>(record.bytes.size());
    record.bytes.resize(20);
  }
  for (const Reader reader : {Reader::kFastest, Reader::kLibpcap}) {
    const ReadResult result = ReadBytes(PcapFile(records, {.snapshot_length = 20}), reader);
    CHECK(result.end_status.ok());
    CHECK(result.segments.empty());
    CHECK(result.counters.Dropped(DropReason::kTruncatedNetwork) == 3);
  }
}

TEST_CASE("progress is counted in bytes of the file, compressed or not") {
  const Bytes plain = PcapFile(ThreeRecords());
  for (const Bytes& content : {plain, Gzip(plain)}) {
    for (const int threads : {1, 2}) {
      const TemporaryFile file(content);
      const std::vector<std::string> paths{file.path(), file.path()};
      auto source = capture::OpenFiles(paths, {}, Reader::kFastest, threads);
      REQUIRE(source.ok());
      Drain(**source);
      CHECK((*source)->progress().done_bytes == 2 * content.size());
      CHECK((*source)->progress().total_bytes == 2 * content.size());
    }
  }
}

}  // namespace cairn::testing
