// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_RECORD_BUFFER_H_
#define CAIRN_CAPTURE_RECORD_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "capture/byte_stream.h"

namespace cairn::capture {

// A window over a byte stream in which a whole record lies in one piece.  Reading into a buffer is
// as fast as mapping the file, works in a pipe, and cannot fault when somebody truncates the file
// meanwhile.
//
// Memory: 256 KiB (16 KiB for a file that small), or the largest record asked for.
class RecordBuffer {
 public:
  enum class State {
    kReady,
    kEnd,     // the stream ended before; what is left is available()
    kSilent,  // a pipe has nothing yet; ask again
    kFailed,  // see stream().status()
  };

  explicit RecordBuffer(std::unique_ptr<ByteStream> stream);

  // Makes `bytes` bytes readable at data().  Moves data().
  State Ensure(size_t bytes) { return bytes <= available() ? State::kReady : Refill(bytes); }
  const uint8_t* data() const { return buffer_.data() + first_; }
  size_t available() const { return end_ - first_; }
  // Requires: bytes <= available().
  void Consume(size_t bytes) { first_ += bytes; }

  const ByteStream& stream() const { return *stream_; }

 private:
  State Refill(size_t bytes);

  std::unique_ptr<ByteStream> stream_;
  std::vector<uint8_t> buffer_;
  size_t first_ = 0;
  size_t end_ = 0;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_RECORD_BUFFER_H_
