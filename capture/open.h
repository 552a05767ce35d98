// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_OPEN_H_
#define CAIRN_CAPTURE_OPEN_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "capture/byte_stream.h"
#include "capture/options.h"
#include "capture/segment_source.h"

namespace cairn::capture {

enum class Reader {
  kFastest,  // our own buffered reader where it knows the format, libpcap elsewhere
  kLibpcap,  // always libpcap: the reference
};

// Opens capture files ("-": standard input; gzip is recognised by its content) as one source in
// time order.  With several threads the files are read and decoded ahead of the caller; the
// segments are the same.
//
// NotFound, PermissionDenied, InvalidArgument (empty, a directory, not a capture, unsupported link
// type): the message names the file and what to do.
//
// `first`: the first file, if somebody has opened it already and only peeked at it.
absl::StatusOr<std::unique_ptr<SegmentSource>> OpenFiles(
    std::span<const std::string> paths, const Options& options, Reader reader = Reader::kFastest,
    int threads = 1, std::unique_ptr<ByteStream> first = nullptr);

// The same from streams that are open already, of which nothing was read, only peeked at.
absl::StatusOr<std::unique_ptr<SegmentSource>> OpenStreams(
    std::vector<std::unique_ptr<ByteStream>> streams, const Options& options,
    Reader reader = Reader::kFastest, int threads = 1);

// Opens a network interface for live capture.  `clock` moves packet time on while the link is
// silent (SegmentSource::SettledTime); without one only packets do.  PermissionDenied says which
// capability is missing.
absl::StatusOr<std::unique_ptr<SegmentSource>> OpenLive(const std::string& interface,
                                                        const Options& options,
                                                        MonotonicClock clock = nullptr);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_OPEN_H_
