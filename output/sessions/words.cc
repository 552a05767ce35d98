// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/words.h"

namespace cairn::output {
namespace {

bool IsPrinting(char c) { return c > ' ' && c <= '~'; }

}  // namespace

void AppendWord(std::string_view text, TextBuffer& out) {
  char* at = out.Room(text.size());
  for (const char c : text) *at++ = IsPrinting(c) ? c : '?';
  out.Commit(at);
}

void AppendWords(const std::vector<std::string>& texts, TextBuffer& out) {
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out.Append(',');
    char* at = out.Room(texts[i].size());
    for (const char c : texts[i]) *at++ = IsPrinting(c) && c != ',' ? c : '?';
    out.Commit(at);
  }
}

std::vector<std::string> SplitWords(std::string_view text, size_t most) {
  std::vector<std::string> words;
  while (!text.empty() && words.size() < most) {
    const size_t comma = text.find(',');
    if (comma != 0) words.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return words;
}

void AppendJsonString(std::string_view text, TextBuffer& out) {
  // Only two characters are left to escape.
  char* at = out.Room(2 * text.size() + 2);
  *at++ = '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') *at++ = '\\';
    *at++ = c == ' ' || IsPrinting(c) ? c : '?';
  }
  *at++ = '"';
  out.Commit(at);
}

void AppendJsonStrings(const std::vector<std::string>& texts, TextBuffer& out) {
  out.Append('[');
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out.Append(',');
    AppendJsonString(texts[i], out);
  }
  out.Append(']');
}

}  // namespace cairn::output
