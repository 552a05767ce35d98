// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_STOPD_STOPD_CONTRADICTIONS_H_
#define CAIRN_CONFIG_STOPD_STOPD_CONTRADICTIONS_H_

#include <vector>

#include "config/keys/contradiction.h"
#include "traceback/daemon/options.h"

namespace cairn::config {

// Settings of stopd that are well-formed alone and make no sense together.
std::vector<Contradiction> FindStopdContradictions(const daemon::Options& options);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_STOPD_STOPD_CONTRADICTIONS_H_
