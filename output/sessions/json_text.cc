// SPDX-License-Identifier: BSD-3-Clause
// Session records as JSON lines; docs/sessions.schema.json is their published form.
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"

#include "output/sessions/cell_text.h"
#include "output/sessions/columns.h"
#include "output/sessions/record_text.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {
namespace {

// What is no printing ASCII character becomes '?', as in the other formats, so that only two
// characters are left to escape.
void AppendString(std::string_view text, TextBuffer& out) {
  char* at = out.Room(2 * text.size() + 2);
  *at++ = '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') *at++ = '\\';
    *at++ = c >= ' ' && c <= '~' ? c : '?';
  }
  *at++ = '"';
  out.Commit(at);
}

void AppendStrings(const std::vector<std::string>& texts, TextBuffer& out) {
  out.Append('[');
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out.Append(',');
    AppendString(texts[i], out);
  }
  out.Append(']');
}

class JsonText : public RecordText {
 public:
  JsonText() {
    const std::string begin = fmt::format("{{\"schema\":\"{}\"", kSessionSchema);
    for (const Column& column : SessionColumns()) {
      keys_.push_back(fmt::format("{},\"{}\":", keys_.empty() ? begin : "", column.name));
    }
  }

  void Append(const SessionRecord& session, TextBuffer& out) override {
    const std::string* key = keys_.data();
    for (const Column& column : SessionColumns()) {
      out.Append(*key++);
      cell_.known = true;
      column.get(session, cell_);
      AppendValue(column.type, out);
    }
    out.Append("}\n");
  }

 private:
  void AppendValue(CellType type, TextBuffer& out) {
    if (type == CellType::kTexts) return AppendStrings(*cell_.texts, out);
    if (!cell_.known) return out.Append("null");
    switch (type) {
      case CellType::kText:
        return AppendString(cell_.text, out);
      case CellType::kTruth:
        return out.Append(cell_.number != 0 ? std::string_view("true") : "false");
      case CellType::kTime:
      case CellType::kFlags:
      case CellType::kAddress:
        out.Append('"');
        AppendCell(cell_, type, times_, out);
        return out.Append('"');
      default:
        return AppendCell(cell_, type, times_, out);
    }
  }

  std::vector<std::string> keys_;  // with what stands before each
  Cell cell_;
  TimeWriter times_;
};

}  // namespace

std::unique_ptr<RecordText> MakeJsonText() { return std::make_unique<JsonText>(); }

}  // namespace cairn::output
