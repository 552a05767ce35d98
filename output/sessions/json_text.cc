// SPDX-License-Identifier: BSD-3-Clause
// Session records as JSON lines; docs/sessions.schema.json is their published form.
#include <string>
#include <vector>

#include "fmt/format.h"

#include "output/sessions/columns.h"
#include "output/sessions/record_text.h"

namespace cairn::output {
namespace {

class JsonText : public RecordText {
 public:
  JsonText() {
    const std::string begin = fmt::format("{{\"schema\":\"{}\"", kSessionSchema);
    for (const Column& column : SessionColumns()) {
      keys_.push_back(fmt::format("{},\"{}\":", keys_.empty() ? begin : "", column.name));
    }
  }

  void Append(const SessionRecord& session, TextBuffer& out) override {
    RowText row(times_, out);
    const std::string* key = keys_.data();
    for (const Column& column : SessionColumns()) {
      out.Append(*key++);
      row.Commit(column.PutOf(TextFormat::kJson)(session, row, row.Room()));
    }
    out.Append("}\n");
  }

 private:
  std::vector<std::string> keys_;  // with what stands before each
  TimeWriter times_;
};

}  // namespace

std::unique_ptr<RecordText> MakeJsonText() { return std::make_unique<JsonText>(); }

}  // namespace cairn::output
