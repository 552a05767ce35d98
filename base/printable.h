// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_PRINTABLE_H_
#define CAIRN_BASE_PRINTABLE_H_

#include <cstddef>
#include <string>
#include <string_view>

// What somebody else wrote, which may be any bytes, for a terminal or a log.
namespace cairn {

// Each byte that is no printable ASCII becomes '?'.
std::string Printable(std::string text);

// Likewise, and no longer than `most` bytes: "..." stands for the rest.  Requires: most >= 3.
std::string Printable(std::string_view text, size_t most);

// A word for a message, in quotes: its first 40 bytes.
std::string QuotedWord(std::string_view word);

}  // namespace cairn

#endif  // CAIRN_BASE_PRINTABLE_H_
