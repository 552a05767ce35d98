// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_PCAPNG_READER_H_
#define CAIRN_CAPTURE_PCAPNG_READER_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"

#include "capture/byte_stream.h"
#include "capture/options.h"
#include "capture/segment_source.h"

namespace cairn::capture {

// Whether a stream that begins with `bytes` (at least 12) is pcapng.
bool IsPcapng(std::span<const uint8_t> bytes);

// Reads pcapng (draft-ietf-opsawg-pcapng): Enhanced, Simple and the obsolete Packet Blocks, several
// interfaces and sections; other blocks are skipped.  Reads up to the first interface description
// before it returns.
//
// Requires: IsPcapng() of the stream's first bytes.  InvalidArgument: an unsupported version, no
// interface. DataLoss: cut before the first interface.
absl::StatusOr<std::unique_ptr<SegmentSource>> OpenPcapng(std::unique_ptr<ByteStream> stream,
                                                          const Options& options);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_PCAPNG_READER_H_
