// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_CONTRADICTIONS_H_
#define CAIRN_CONFIG_CONTRADICTIONS_H_

#include <vector>

#include "config/keys/contradiction.h"
#include "config/settings.h"

namespace cairn::config {

std::vector<Contradiction> FindContradictions(const Settings& settings);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_CONTRADICTIONS_H_
