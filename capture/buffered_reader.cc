// SPDX-License-Identifier: BSD-3-Clause
#include "capture/buffered_reader.h"

#include <utility>

#include "capture/pcap_reader.h"
#include "capture/pcapng_reader.h"

namespace cairn::capture {

bool BufferedReaderCanRead(std::span<const uint8_t> first_bytes) {
  return PcapHeader::Parse(first_bytes).has_value() || IsPcapng(first_bytes);
}

absl::StatusOr<std::unique_ptr<SegmentSource>> OpenBuffered(std::unique_ptr<ByteStream> stream,
                                                            const Options& options) {
  const absl::StatusOr<std::span<const uint8_t>> head = stream->Peek(kFormatBytes);
  if (!head.ok()) return head.status();
  if (IsPcapng(*head)) return OpenPcapng(std::move(stream), options);
  return OpenPcap(std::move(stream), options);
}

}  // namespace cairn::capture
