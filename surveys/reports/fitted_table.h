// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_REPORTS_FITTED_TABLE_H_
#define CAIRN_SURVEYS_REPORTS_FITTED_TABLE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "output/terminal.h"
#include "output/text_columns.h"

// Text that is no wider than the terminal.
namespace cairn::output {

// The text, or its begin and "..." where it has more than `width` characters (at least 4).
std::string Cut(std::string_view text, size_t width);

// Broken behind commas into lines of at most `width`, where it can be; further lines are indented.
// Ends with a line feed.
std::string Wrapped(std::string_view text, size_t width);

// How wide AlignedText makes these columns.
size_t WidthOf(std::span<const TextColumn> columns, std::span<const std::vector<std::string>> rows);

// AlignedText without as many of the columns as it takes to fit: those whose places are in
// `first_to_go` go one by one.  What went is told in a line of its own.
std::string FittedText(std::vector<TextColumn> columns, std::vector<std::vector<std::string>> rows,
                       std::span<const size_t> first_to_go, TerminalStyle style);

}  // namespace cairn::output

#endif  // CAIRN_SURVEYS_REPORTS_FITTED_TABLE_H_
