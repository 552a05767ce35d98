// SPDX-License-Identifier: BSD-3-Clause
#include "json/line.h"

namespace cairn::json {

std::string Line(const Ordered& json) {
  return json.dump(-1, ' ', false, Ordered::error_handler_t::replace) + '\n';
}

}  // namespace cairn::json
