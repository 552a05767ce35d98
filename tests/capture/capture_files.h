// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_CAPTURE_CAPTURE_FILES_H_
#define CAIRN_TESTS_CAPTURE_CAPTURE_FILES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "capture/open.h"
#include "capture/options.h"
#include "capture/segment_source.h"
#include "tests/support/frame_builder.h"

namespace cairn::testing {

// Ethernet, for a start.
inline constexpr uint32_t kEthernetLink = 1;

struct Record {
  int64_t time_ns = 0;
  Bytes bytes;
  uint32_t wire_bytes = 0;  // 0: as many as `bytes`
};

struct PcapFormat {
  bool nanoseconds = true;
  bool big_endian = false;
  uint32_t link = kEthernetLink;
  uint32_t snapshot_length = 262144;
};

// A classic pcap file.
Bytes PcapFile(std::span<const Record> records, PcapFormat format);
inline Bytes PcapFile(std::span<const Record> records) { return PcapFile(records, PcapFormat{}); }

// Writes pcapng block by block.
class PcapngFile {
 public:
  explicit PcapngFile(bool big_endian = false) : big_endian_(big_endian) {}

  PcapngFile& Section(uint16_t major = 1, uint16_t minor = 0);
  PcapngFile& Interface(uint32_t link, uint32_t snapshot_length = 0,
                        std::optional<uint8_t> resolution = {},
                        std::optional<int64_t> offset_seconds = {});
  PcapngFile& Enhanced(uint32_t interface, uint64_t ticks, const Bytes& bytes,
                       uint32_t wire_bytes = 0);
  PcapngFile& Obsolete(uint16_t interface, uint64_t ticks, const Bytes& bytes);
  PcapngFile& Simple(const Bytes& bytes);
  PcapngFile& Block(uint32_t type, Bytes body);
  // Later blocks are written in this byte order.
  PcapngFile& SetBigEndian(bool big_endian);
  Bytes bytes() const { return bytes_; }

 private:
  void Put16(Bytes& out, uint16_t value) const;
  void Put32(Bytes& out, uint32_t value) const;

  bool big_endian_;
  Bytes bytes_;
};

Bytes Gzip(std::span<const uint8_t> bytes);

// A file that is gone when the test is over.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::span<const uint8_t> content);
  explicit TemporaryFile(std::string_view text);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Everything a source gave.
struct ReadResult {
  absl::Status open_status;
  std::vector<Segment> segments;
  CaptureCounters counters;  // when it could be opened
  absl::Status end_status;   // of opening, or of the last Read()
};

ReadResult Drain(capture::SegmentSource& source);
ReadResult ReadFiles(const std::vector<std::string>& paths,
                     capture::Reader reader = capture::Reader::kFastest, int threads = 1,
                     const capture::Options& options = {});
ReadResult ReadBytes(std::span<const uint8_t> file,
                     capture::Reader reader = capture::Reader::kFastest);

// The bundled odd captures, sorted by name.
std::vector<std::string> SampleCaptures();
Bytes FileContent(const std::string& path);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CAPTURE_CAPTURE_FILES_H_
