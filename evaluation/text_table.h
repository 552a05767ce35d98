// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_TEXT_TABLE_H_
#define CAIRN_EVALUATION_TEXT_TABLE_H_

#include <string>
#include <vector>

namespace cairn::evaluation {

// Words in rows and columns, to be printed in one of two ways.  Requires: every row is as long as
// the header.
struct TextTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

// Aligned columns under the title.  Ends in a newline.
std::string ToPlainText(const TextTable& table);
// A Markdown table under the title as a heading of the third level.  Ends in a newline.
std::string ToMarkdown(const TextTable& table);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_TEXT_TABLE_H_
