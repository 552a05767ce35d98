// SPDX-License-Identifier: BSD-3-Clause
// Session records as tab-separated columns.  The first line names them and nothing else comes
// before it, so that every reader of such files takes it; the names are the version, as columns are
// only ever added.
#include "output/sessions/columns.h"
#include "output/sessions/record_text.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {
namespace {

class TsvText : public RecordText {
 public:
  std::string Header() const override {
    std::string line;
    for (const Column& column : SessionColumns()) {
      if (!line.empty()) line += '\t';
      line += column.name;
    }
    return line + '\n';
  }

  void Append(const SessionRecord& session, TextBuffer& out) override {
    RowText row(times_, out);
    AppendTsvRow(session, row);
  }

 private:
  TimeWriter times_;
};

}  // namespace

std::unique_ptr<RecordText> MakeTsvText() { return std::make_unique<TsvText>(); }

}  // namespace cairn::output
