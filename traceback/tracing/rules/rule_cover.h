// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_RULES_RULE_COVER_H_
#define CAIRN_TRACEBACK_TRACING_RULES_RULE_COVER_H_

#include <cstddef>
#include <vector>

#include "traceback/tracing/rules/rules.h"

namespace cairn::tracing {

// Earlier rules that together take all that rule `index` could match; empty: it can match.  Exact
// for conditions with a few values, also where several rules share them out; of programs, users and
// hosts, one earlier rule has to take all.
std::vector<size_t> CoveredBy(const std::vector<Rule>& rules, size_t index);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_RULES_RULE_COVER_H_
