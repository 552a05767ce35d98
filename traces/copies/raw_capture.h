// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_COPIES_RAW_CAPTURE_H_
#define CAIRN_TRACES_COPIES_RAW_CAPTURE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "capture/pcap_reader.h"

namespace cairn::traces {

// A classic pcap file as its bytes stand, so that what is written from it is the same to the bit.
struct RawCapture {
  static constexpr size_t kRecordHeaderBytes = 16;

  struct Record {
    PacketTime time;
    size_t at = 0;  // of its header, in `bytes`
    uint32_t captured_bytes = 0;
  };

  capture::PcapHeader header;
  std::vector<uint8_t> bytes;
  std::vector<Record> records;

  std::span<const uint8_t> FileHeader() const {
    return std::span(bytes).first(capture::PcapHeader::kBytes);
  }
  // The record with its header.
  std::span<const uint8_t> Whole(const Record& record) const {
    return std::span(bytes).subspan(record.at, kRecordHeaderBytes + record.captured_bytes);
  }
  std::span<const uint8_t> Frame(const Record& record) const {
    return Whole(record).subspan(kRecordHeaderBytes);
  }
};

// Reads a whole file, plain or gzip; "-" is standard input.  Memory: the file, decompressed, and 24
// bytes a packet.
//
// NotFound, PermissionDenied and InvalidArgument (empty, no classic pcap file) name the file;
// DataLoss: it is cut or damaged, and in which packet.
absl::StatusOr<RawCapture> ReadRawCapture(const std::string& path);

// Appends a record's header, as a file with `header` has it.  Times are rounded down.
void AppendRecordHeader(const capture::PcapHeader& header, PacketTime time, uint32_t captured_bytes,
                        uint32_t original_bytes, std::vector<uint8_t>& out);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_COPIES_RAW_CAPTURE_H_
