// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_STOP_LINE_SPLITTER_H_
#define CAIRN_TRACEBACK_STOP_LINE_SPLITTER_H_

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "traceback/stop/message.h"

namespace cairn::stop {

// Makes lines of pieces.  A line ends with LF; a CR before it does not belong to the line.  Holds
// at most one line of kMaxLineBytes.  Thread-compatible, no allocation.
class LineSplitter {
 public:
  // Where the next piece goes; empty: the line is too long (IsTooLong()).  Invalidates lines.
  std::span<char> Room();
  // So many bytes of that were filled.
  void Commit(size_t bytes) { filled_ += bytes; }
  // The next whole line, valid until the next call of any kind.
  std::optional<std::string_view> Next();
  // More than a line may have, and no end: nothing more can be read.
  bool IsTooLong() const;

 private:
  std::array<char, kMaxLineBytes + 2> bytes_{};
  size_t begin_ = 0;
  size_t filled_ = 0;
};

}  // namespace cairn::stop

#endif  // CAIRN_TRACEBACK_STOP_LINE_SPLITTER_H_
