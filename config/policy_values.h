// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_POLICY_VALUES_H_
#define CAIRN_CONFIG_POLICY_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "config/keys/value_types.h"
#include "detector/correlator/policy/options.h"
#include "detector/options.h"

// What values look like that only the site's rules and the report need.
namespace cairn::config {

// A protocol's name by its port: {21: ftp, 23: telnet}.
ValueType<std::vector<ClearTextPort>> ProtocolsByPort();
// The days of the week, 0 Monday to 6 Sunday: [mon-fri, sun].
ValueType<std::vector<uint8_t>> Days();
ValueType<policy::HourRange> Hours();
// "UTC" or a name of the tz database, which must be there.
ValueType<std::string> TimeZoneName();
// The last day on which something holds, as the moment at which that day ends in UTC.
ValueType<PacketTime> LastDay();

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_POLICY_VALUES_H_
