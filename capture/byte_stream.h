// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_BYTE_STREAM_H_
#define CAIRN_CAPTURE_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "capture/segment_source.h"

namespace cairn::capture {

class GzipDecoder;

// What becomes of a file without any byte.
enum class EmptyFile { kRefuse, kAllow };

// The bytes of one capture file or of standard input, decompressed if they are gzip (recognised by
// content, so that it works in a pipe too).  Both file readers stand on it.
//
// Thread-compatible.  Memory: 64 KiB more for a compressed file than for a plain one.
class ByteStream {
 public:
  enum class State {
    kBytes,   // at least one byte was read
    kEnd,     // nothing more will come
    kSilent,  // a pipe: nothing came within the poll interval, or a signal arrived; ask again
    kFailed,  // see status(); a damaged gzip file's good part was handed out before
  };

  // "-" is standard input.  NotFound, PermissionDenied, InvalidArgument (a directory, an empty
  // file if those are refused), or Unavailable when the system cannot open one file more.
  static absl::StatusOr<std::unique_ptr<ByteStream>> Open(const std::string& path,
                                                          EmptyFile empty = EmptyFile::kRefuse);
  // Takes the descriptor over.  `name` is for messages.
  static absl::StatusOr<std::unique_ptr<ByteStream>> FromDescriptor(
      int descriptor, std::string name, EmptyFile empty = EmptyFile::kRefuse);

  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // Reads up to out.size() bytes; `got` says how many.
  State Read(std::span<uint8_t> out, size_t& got);
  // A regular file never makes a reader wait for long.
  bool is_regular_file() const { return regular_file_; }
  // The first bytes of the (decompressed) stream without consuming them; fewer than asked for at a
  // short file's end. Waits for them.  Requires: nothing was Read() so far.
  absl::StatusOr<std::span<const uint8_t>> Peek(size_t bytes);

  // Whether the last kSilent was a signal's doing.
  bool interrupted() const { return interrupted_; }
  const absl::Status& status() const { return status_; }
  const std::string& name() const { return name_; }
  // In bytes of the file as it lies on the disk.
  Progress progress() const { return {.done_bytes = done_bytes_, .total_bytes = total_bytes_}; }

 private:
  ByteStream(int descriptor, std::string name);
  absl::Status Inspect();
  absl::Status DetectGzip(EmptyFile empty);
  State ReadRaw(std::span<uint8_t> out, size_t& got);
  State ReadDescriptor(std::span<uint8_t> out, size_t& got);
  State ReadCompressed(std::span<uint8_t> out, size_t& got);
  State Fail(absl::Status status);

  UniqueFd descriptor_;
  std::string name_;
  bool regular_file_ = false;
  bool interrupted_ = false;
  uint64_t done_bytes_ = 0;
  uint64_t total_bytes_ = 0;
  absl::Status status_;
  std::vector<uint8_t> raw_head_;  // read to recognise gzip, not handed out yet
  std::vector<uint8_t> head_;      // peeked at, not handed out yet
  std::unique_ptr<GzipDecoder> gzip_;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_BYTE_STREAM_H_
