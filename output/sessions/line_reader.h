// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_LINE_READER_H_
#define CAIRN_OUTPUT_SESSIONS_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "capture/byte_stream.h"

namespace cairn::output {

// The lines of a stream, one at a time.  Thread-compatible.  Each byte is looked at once.  Memory:
// 256 KiB; with longer lines allowed, twice the longest line that came.
class LineReader {
 public:
  // Of session records, and of all alerts but chains.
  static constexpr size_t kMaxLineBytes = size_t{64} << 10;

  struct Line {
    std::string_view text;  // without its end; until the next call
    uint64_t number = 0;    // from 1
    bool too_long = false;  // and text empty
    bool ended = true;      // by a line feed, not by the end of the file
  };

  // Longer lines than `max_line_bytes` are left out.  Requires: `stream` outlives this.
  explicit LineReader(capture::ByteStream& stream, size_t max_line_bytes = kMaxLineBytes)
      : stream_(stream), max_line_bytes_(max_line_bytes), bytes_(kBufferBytes) {}

  // False at the end, and at a fault: see status().
  bool Next(Line& line);
  const absl::Status& status() const { return status_; }

 private:
  static constexpr size_t kBufferBytes = 4 * kMaxLineBytes;

  bool Fill();
  void SkipRestOfLine(Line& line);

  capture::ByteStream& stream_;
  const size_t max_line_bytes_;
  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;  // of what has not been handed out
  size_t end_ = 0;
  uint64_t lines_ = 0;
  absl::Status status_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_LINE_READER_H_
