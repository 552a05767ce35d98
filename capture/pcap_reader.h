// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_PCAP_READER_H_
#define CAIRN_CAPTURE_PCAP_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "absl/status/statusor.h"

#include "capture/byte_stream.h"
#include "capture/file_byte_order.h"
#include "capture/options.h"
#include "capture/segment_source.h"

namespace cairn::capture {

// The header of a classic pcap file, version 2.4, of either byte order and time resolution
// (draft-ietf-opsawg-pcap).
struct PcapHeader {
  static constexpr size_t kBytes = 24;

  FileByteOrder order = FileByteOrder::Little();
  uint32_t nanoseconds_per_tick = 1000;
  uint32_t snapshot_length = 0;
  uint32_t link = 0;

  // Nothing when `bytes` do not begin with such a header.
  static std::optional<PcapHeader> Parse(std::span<const uint8_t> bytes);
};

// Requires: the stream begins with a header that PcapHeader::Parse() reads.  InvalidArgument:
// unsupported link type.
absl::StatusOr<std::unique_ptr<SegmentSource>> OpenPcap(std::unique_ptr<ByteStream> stream,
                                                        const Options& options);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_PCAP_READER_H_
