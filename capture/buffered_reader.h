// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_BUFFERED_READER_H_
#define CAIRN_CAPTURE_BUFFERED_READER_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"

#include "capture/byte_stream.h"
#include "capture/options.h"
#include "capture/segment_source.h"

namespace cairn::capture {

// Our own readers of pcap and pcapng: a few times faster than libpcap and, tested, equal to it in
// segments, counters and kind of end status.  They go further than libpcap in this:
//
//  * pcapng interfaces may differ in link type and snapshot length, sections in byte order.
//    Packets of a link type that is not decoded are then counted as kUnsupportedLink; a file that
//    has none other is refused.
//  * pcapng time stamps finer than 2^-34 s are converted without overflow.
//  * A silent pipe gives kIdle, so that the caller can react to a signal.
//
// They do not read what is rare: pcap versions other than 2.4, the "modified" pcap.  Segments come
// in file order.

// Bytes to Peek() at for the function below.
inline constexpr size_t kFormatBytes = 24;
bool BufferedReaderCanRead(std::span<const uint8_t> first_bytes);

// Requires: BufferedReaderCanRead() of the stream's first bytes.
absl::StatusOr<std::unique_ptr<SegmentSource>> OpenBuffered(std::unique_ptr<ByteStream> stream,
                                                            const Options& options);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_BUFFERED_READER_H_
