// SPDX-License-Identifier: BSD-3-Clause
// Session records as in Heberlein's report: 27 words a line, each time being two of them (seconds
// and microseconds).  Source: "Analysis of Session Flow Information: First Experiment", section 3.
#include "output/sessions/columns.h"
#include "output/sessions/record_text.h"

namespace cairn::output {
namespace {

class ReportText : public RecordText {
 public:
  void Append(const SessionRecord& session, TextBuffer& out) override {
    RowText row(times_, out);
    AppendReportRow(session, row);
  }

 private:
  TimeWriter times_;
};

}  // namespace

std::unique_ptr<RecordText> MakeReportText() { return std::make_unique<ReportText>(); }

}  // namespace cairn::output
