// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_RECORD_TEXT_H_
#define CAIRN_OUTPUT_SESSIONS_RECORD_TEXT_H_

#include <memory>
#include <string>

#include "detector/findings/session_record.h"
#include "output/sessions/format.h"
#include "output/sessions/text_buffer.h"

namespace cairn::output {

// Turns session records into lines of one of the text formats.  Deterministic: the same records
// give the same bytes.  Thread-compatible.
class RecordText {
 public:
  virtual ~RecordText() = default;
  // What stands at the begin of a file, ending with a line feed; empty if nothing does.
  virtual std::string Header() const { return {}; }
  // Appends one line, with its line feed.
  virtual void Append(const SessionRecord& session, TextBuffer& out) = 0;
};

std::unique_ptr<RecordText> MakeReportText();
std::unique_ptr<RecordText> MakeTsvText();
std::unique_ptr<RecordText> MakeJsonText();
std::unique_ptr<RecordText> MakeZeekText();
// Null for kSqlite.
std::unique_ptr<RecordText> MakeRecordText(SessionFormat format);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_RECORD_TEXT_H_
