// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_TEXT_WRITER_H_
#define CAIRN_OUTPUT_SESSIONS_TEXT_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "output/line_writer.h"
#include "output/sessions/record_text.h"
#include "output/sessions/session_writer.h"
#include "output/sessions/text_buffer.h"

namespace cairn::output {

// Session records as lines of text, in pieces of about 64 KiB.  On a full disk the whole records
// that fit stay in the file.
//
// Thread-compatible.  Memory: one piece.
class TextWriter : public SessionWriter {
 public:
  // "-": standard output.  When a file is added to, a last line that was cut off is removed.
  // Errors are the guard's.
  static absl::StatusOr<std::unique_ptr<SessionWriter>> Open(const std::string& path,
                                                             SessionFormat format,
                                                             ExistingFile existing,
                                                             const files::OutputGuard& guard);

  absl::Status Write(const SessionRecord& session) override;
  absl::Status Flush() override;
  absl::Status Close() override { return Flush(); }
  uint64_t bytes() const override {
    return bytes_before_ + lines_->written_bytes() + piece_.size();
  }
  uint64_t lost() const override { return lost_; }

 private:
  TextWriter(std::unique_ptr<LineWriter> lines, std::unique_ptr<RecordText> text)
      : lines_(std::move(lines)), text_(std::move(text)) {}

  std::unique_ptr<LineWriter> lines_;
  std::unique_ptr<RecordText> text_;
  TextBuffer piece_;           // whole records that wait
  uint64_t header_lines_ = 0;  // of the piece, which are no records
  uint64_t bytes_before_ = 0;
  uint64_t lost_ = 0;
  absl::Status fault_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_TEXT_WRITER_H_
