// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_PROGRAM_SUGGEST_H_
#define CAIRN_COMMANDS_PROGRAM_SUGGEST_H_

#include <span>
#include <string>
#include <string_view>

namespace cairn::commands {

// The known word that is fewest edits (insertion, deletion, exchange, swap of neighbours) from
// `word`; empty when no word is near enough.  Among equals the first is returned.
std::string NearestWord(std::string_view word, std::span<const std::string> known);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_PROGRAM_SUGGEST_H_
