// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_SPELLING_H_
#define CAIRN_CONFIG_KEYS_SPELLING_H_

#include <span>
#include <string>
#include <string_view>

// What someone probably meant.
namespace cairn::config {

// "limits.max_pairs" -> "max_pairs".
inline std::string_view LastName(std::string_view path) { return path.substr(path.rfind('.') + 1); }

// The known dotted path nearest to `path`; of equals, the first; empty: none is near enough to be
// meant.  The right name in a wrong section counts as near, and so does the begin of a name.
// Requires: `known` is not empty.
std::string NearestPath(std::string_view path, std::span<const std::string> known);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_SPELLING_H_
