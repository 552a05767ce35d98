// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_JSON_LINE_H_
#define CAIRN_JSON_LINE_H_

#include <string>

#include "nlohmann/json.hpp"

namespace cairn::json {

// Keys stand as they were added, so the same values always give the same bytes.
using Ordered = nlohmann::ordered_json;

// One line, with its line feed.  Text that is not valid UTF-8 is repaired with U+FFFD, so this
// never throws.
std::string Line(const Ordered& json);

}  // namespace cairn::json

#endif  // CAIRN_JSON_LINE_H_
