// SPDX-License-Identifier: BSD-3-Clause
#include "tests/capture/capture_files.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace cairn::testing {
namespace {

void PutOrdered(Bytes& out, uint64_t value, int bytes, bool big_endian) {
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (big_endian ? bytes - 1 - i : i);
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

void PutPadded(Bytes& out, const Bytes& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
  while (out.size() % 4 != 0) out.push_back(0);
}

// In memory where that is possible: thousands of mutated captures are written.
std::filesystem::path TemporaryFolder() {
  const std::filesystem::path in_memory("/dev/shm");
  const bool usable = access(in_memory.c_str(), W_OK | X_OK) == 0;
  return usable ? in_memory : std::filesystem::temp_directory_path();
}

}  // namespace

Bytes PcapFile(std::span<const Record> records, PcapFormat format) {
  Bytes out;
  const auto put = [&out, &format](uint64_t value, int bytes) {
    PutOrdered(out, value, bytes, format.big_endian);
  };
  put(format.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4);
  put(2, 2);
  put(4, 2);
  put(0, 8);
  put(format.snapshot_length, 4);
  put(format.link, 4);
  for (const Record& record : records) {
    const int64_t fraction = record.time_ns % 1'000'000'000;
    put(static_cast<uint64_t>(record.time_ns / 1'000'000'000), 4);
    put(static_cast<uint64_t>(format.nanoseconds ? fraction : fraction / 1000), 4);
    put(record.bytes.size(), 4);
    put(record.wire_bytes == 0 ? record.bytes.size() : record.wire_bytes, 4);
    out.insert(out.end(), record.bytes.begin(), record.bytes.end());
  }
  return out;
}

void PcapngFile::Put16(Bytes& out, uint16_t value) const { PutOrdered(out, value, 2, big_endian_); }
void PcapngFile::Put32(Bytes& out, uint32_t value) const { PutOrdered(out, value, 4, big_endian_); }

PcapngFile& PcapngFile::Block(uint32_t type, Bytes body) {
  while (body.size() % 4 != 0) body.push_back(0);
  const auto total = static_cast<uint32_t>(body.size() + 12);
  Put32(bytes_, type);
  Put32(bytes_, total);
  bytes_.insert(bytes_.end(), body.begin(), body.end());
  Put32(bytes_, total);
  return *this;
}

PcapngFile& PcapngFile::SetBigEndian(bool big_endian) {
  big_endian_ = big_endian;
  return *this;
}

PcapngFile& PcapngFile::Section(uint16_t major, uint16_t minor) {
  Bytes body;
  Put32(body, 0x1a2b3c4d);
  Put16(body, major);
  Put16(body, minor);
  PutOrdered(body, ~uint64_t{0}, 8, big_endian_);
  return Block(0x0a0d0d0a, std::move(body));
}

PcapngFile& PcapngFile::Interface(uint32_t link, uint32_t snapshot_length,
                                  std::optional<uint8_t> resolution,
                                  std::optional<int64_t> offset_seconds) {
  Bytes body;
  Put16(body, static_cast<uint16_t>(link));
  Put16(body, 0);
  Put32(body, snapshot_length);
  if (resolution.has_value()) {
    Put16(body, 9);
    Put16(body, 1);
    PutPadded(body, {*resolution});
  }
  if (offset_seconds.has_value()) {
    Put16(body, 14);
    Put16(body, 8);
    PutOrdered(body, static_cast<uint64_t>(*offset_seconds), 8, big_endian_);
  }
  if (resolution.has_value() || offset_seconds.has_value()) Put32(body, 0);
  return Block(1, std::move(body));
}

PcapngFile& PcapngFile::Enhanced(uint32_t interface, uint64_t ticks, const Bytes& bytes,
                                 uint32_t wire_bytes) {
  Bytes body;
  Put32(body, interface);
  Put32(body, static_cast<uint32_t>(ticks >> 32));
  Put32(body, static_cast<uint32_t>(ticks));
  Put32(body, static_cast<uint32_t>(bytes.size()));
  Put32(body, wire_bytes == 0 ? static_cast<uint32_t>(bytes.size()) : wire_bytes);
  PutPadded(body, bytes);
  return Block(6, std::move(body));
}

PcapngFile& PcapngFile::Obsolete(uint16_t interface, uint64_t ticks, const Bytes& bytes) {
  Bytes body;
  Put16(body, interface);
  Put16(body, 0);
  Put32(body, static_cast<uint32_t>(ticks >> 32));
  Put32(body, static_cast<uint32_t>(ticks));
  Put32(body, static_cast<uint32_t>(bytes.size()));
  Put32(body, static_cast<uint32_t>(bytes.size()));
  PutPadded(body, bytes);
  return Block(2, std::move(body));
}

PcapngFile& PcapngFile::Simple(const Bytes& bytes) {
  Bytes body;
  Put32(body, static_cast<uint32_t>(bytes.size()));
  PutPadded(body, bytes);
  return Block(3, std::move(body));
}

Bytes Gzip(std::span<const uint8_t> bytes) {
  z_stream zlib{};
  if (deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib");
  }
  Bytes input(bytes.begin(), bytes.end());
  Bytes out(deflateBound(&zlib, input.size()));
  zlib.next_in = input.data();
  zlib.avail_in = static_cast<uInt>(input.size());
  zlib.next_out = out.data();
  zlib.avail_out = static_cast<uInt>(out.size());
  deflate(&zlib, Z_FINISH);
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

TemporaryFile::TemporaryFile(std::span<const uint8_t> content) {
  path_ = (TemporaryFolder() / "cairn_test_XXXXXX").string();
  const int descriptor = mkstemp(path_.data());
  if (descriptor < 0) throw std::runtime_error("no temporary file");
  close(descriptor);
  std::ofstream file(path_, std::ios::binary);
  file.write(reinterpret_cast<const char*>(content.data()),
             static_cast<std::streamsize>(content.size()));
}

TemporaryFile::TemporaryFile(std::string_view text)
    : TemporaryFile(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())) {}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

ReadResult Drain(capture::SegmentSource& source) {
  ReadResult result;
  SegmentBatch batch;
  for (;;) {
    batch.Clear();
    const absl::StatusOr<capture::SourceState> state = source.Read(batch);
    const auto segments = batch.segments();
    result.segments.insert(result.segments.end(), segments.begin(), segments.end());
    if (state.ok() && *state != capture::SourceState::kEnd) continue;
    result.end_status = state.status();
    result.counters = source.counters();
    return result;
  }
}

ReadResult ReadFiles(const std::vector<std::string>& paths, capture::Reader reader, int threads,
                     const capture::Options& options) {
  auto source = capture::OpenFiles(paths, options, reader, threads);
  if (source.ok()) return Drain(**source);
  ReadResult result;
  result.open_status = source.status();
  result.end_status = source.status();
  return result;
}

ReadResult ReadBytes(std::span<const uint8_t> file, capture::Reader reader) {
  const TemporaryFile temporary(file);
  return ReadFiles({temporary.path()}, reader);
}

std::vector<std::string> SampleCaptures() {
  std::vector<std::string> paths;
  const std::filesystem::path folder(CAIRN_SOURCE_DIR "/tests/capture/samples");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".md") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Bytes FileContent(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace cairn::testing
