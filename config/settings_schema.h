// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_SETTINGS_SCHEMA_H_
#define CAIRN_CONFIG_SETTINGS_SCHEMA_H_

#include "config/keys/schema.h"
#include "config/keys/value_types.h"
#include "config/settings.h"
#include "detector/correlator/policy/options.h"

namespace cairn::config {

// The table of the configuration's keys.  To add a key, add one entry in settings_schema.cc.
const Schema<Settings>& SettingsSchema();

// Adds those of the section traceback.
void AddTraceback(Schema<Settings>& table);

// The table of the keys of one rule under policy.allow.
const Schema<policy::AllowRule>& RuleSchema();
ValueType<std::vector<policy::AllowRule>> AllowRules();

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_SETTINGS_SCHEMA_H_
