// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_STOPD_TRACING_SCHEMA_H_
#define CAIRN_CONFIG_STOPD_TRACING_SCHEMA_H_

#include <string>
#include <vector>

#include "config/keys/contradiction.h"
#include "config/keys/schema.h"
#include "config/keys/value_types.h"
#include "traceback/daemon/options.h"
#include "traceback/tracing/rules/rules.h"

namespace cairn::config {

// The keys of the section tracing.
void AddTracing(Schema<daemon::Options>& table);

// The keys of one rule of tracing.rules.
const Schema<tracing::Rule>& TracingRuleSchema();
// The rules of the site, without the shipped ones.
ValueType<std::vector<tracing::Rule>> TracingRules();
// The shipped rules as they would be written in a file.
std::string DefaultTracingRules();

// Adds settings of the section that make no sense together, or with the rest.
void FindTracingContradictions(const daemon::Options& options, std::vector<Contradiction>& found);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_STOPD_TRACING_SCHEMA_H_
