// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_PLAIN_TEXT_H_
#define CAIRN_TRACEBACK_TOKENS_PLAIN_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/printable.h"

namespace cairn::tokens {

inline constexpr size_t kColumns = 100;

// What somebody else wrote, harmless to a terminal and no longer than fits.
inline std::string Shown(std::string_view text, size_t most = kColumns) {
  return Printable(text, most);
}

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_PLAIN_TEXT_H_
