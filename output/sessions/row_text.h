// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_ROW_TEXT_H_
#define CAIRN_OUTPUT_SESSIONS_ROW_TEXT_H_

#include <cstddef>

#include "base/time.h"
#include "output/sessions/text_buffer.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {

// Where a row of text goes.  From Room() on there is space for all columns of fixed length; those
// of any length see to it themselves.  Thread-compatible.
class RowText {
 public:
  // Requires: both outlive this.
  RowText(TimeWriter& times, TextBuffer& out) : times_(times), out_(out) {}

  char* Room() { return out_.Room(kRoomBytes); }
  void Commit(const char* end) { out_.Commit(end); }
  char* PutTime(char* at, PacketTime time) { return times_.Put(at, time); }
  // Calls append(TextBuffer&) for the text that comes at `at`.
  template <typename Append>
  char* PutLong(char* at, Append append) {
    out_.Commit(at);
    append(out_);
    return Room();
  }

 private:
  static constexpr size_t kRoomBytes = 64 * (kLongestPart + 1);

  TimeWriter& times_;
  TextBuffer& out_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_ROW_TEXT_H_
