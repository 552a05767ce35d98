// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_STOPD_STOPD_SCHEMA_H_
#define CAIRN_CONFIG_STOPD_STOPD_SCHEMA_H_

#include "config/keys/schema.h"
#include "traceback/daemon/options.h"

namespace cairn::config {

// Every key of the host daemon's configuration.
const Schema<daemon::Options>& StopdSchema();

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_STOPD_STOPD_SCHEMA_H_
