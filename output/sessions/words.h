// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_WORDS_H_
#define CAIRN_OUTPUT_SESSIONS_WORDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "output/sessions/text_buffer.h"

// Foreign text of any length, so that it cannot be taken for the form around it: everything but
// printing ASCII characters becomes '?'.
namespace cairn::output {

// One word of one line.
void AppendWord(std::string_view text, TextBuffer& out);
// Words with commas between them; a comma within one becomes '?'.
void AppendWords(const std::vector<std::string>& texts, TextBuffer& out);
// What AppendWords wrote, up to `most` of them.
std::vector<std::string> SplitWords(std::string_view text, size_t most);

// In quotation marks, as a string of JSON; blanks stay.
void AppendJsonString(std::string_view text, TextBuffer& out);
void AppendJsonStrings(const std::vector<std::string>& texts, TextBuffer& out);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_WORDS_H_
