// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_STOPD_STOPD_VALUES_H_
#define CAIRN_CONFIG_STOPD_STOPD_VALUES_H_

#include <cstddef>
#include <string>

#include "config/keys/value_types.h"

// Values that only stopd's configuration has.
namespace cairn::config {

// Of a host, in its unmapped form.
ValueType<IpAddress> Address();

// A daemon has no working folder that anybody would think of: paths begin with '/'.
ValueType<std::string> Path(std::string example, size_t most_bytes = 4096);
// Or none.
ValueType<std::string> OptionalPath(std::string example);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_STOPD_STOPD_VALUES_H_
