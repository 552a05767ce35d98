// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_GZIP_H_
#define CAIRN_CAPTURE_GZIP_H_

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cairn::capture {

// Decompresses a gzip stream, also one of several members in a row.  What follows the last member
// and is no gzip is ignored, as gzip(1) does.
class GzipDecoder {
 public:
  enum class State {
    kBytes,      // some output
    kNeedInput,  // call Feed() first
    kEnd,        // all members are finished; the rest of the input is no member
    kCorrupt,
  };

  // Null when zlib has no memory.
  static std::unique_ptr<GzipDecoder> Create();
  ~GzipDecoder();
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  // Where the caller puts more compressed bytes; then Feed() says how many.
  std::span<uint8_t> input_buffer() { return input_; }
  void Feed(size_t bytes);
  State Decode(std::span<uint8_t> out, size_t& got);
  // Whether the input may end here.
  bool between_members() const { return between_members_; }

 private:
  GzipDecoder() : input_(size_t{64} << 10) {}

  std::vector<uint8_t> input_;
  z_stream zlib_{};
  bool initialised_ = false;
  bool between_members_ = false;
  bool finished_ = false;
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_GZIP_H_
