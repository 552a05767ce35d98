// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_LIBPCAP_READER_H_
#define CAIRN_CAPTURE_LIBPCAP_READER_H_

#include <memory>

#include "absl/status/statusor.h"

#include "capture/byte_stream.h"
#include "capture/options.h"
#include "capture/segment_source.h"

namespace cairn::capture {

// Reads a capture file through libpcap: the reference reader, and the one for rare formats (old
// pcap versions, the "modified" pcap).  Segments come in file order.  Cost: about 60 ns a packet.
//
// libpcap refuses a pcapng file whose interfaces differ in link type or snapshot length, or whose
// sections differ in byte order; our own reader (buffered_reader.h) reads those.
absl::StatusOr<std::unique_ptr<SegmentSource>> OpenWithLibpcap(std::unique_ptr<ByteStream> stream,
                                                               const Options& options);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_LIBPCAP_READER_H_
