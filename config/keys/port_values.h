// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_PORT_VALUES_H_
#define CAIRN_CONFIG_KEYS_PORT_VALUES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "config/keys/value_types.h"

// Ports that lie side by side, as people write them: "24113-24176".
namespace cairn::config {

// Both ends included.
struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;
};
// One port stands for a range of one.  InvalidArgument: no such port from `least` on, or the higher
// one first.
absl::StatusOr<PortRange> ParsePortRange(std::string_view text, uint16_t least);

// A range of at most `most` ports, none below `least`.
ValueType<PortRange> PortRangeFrom(uint16_t least, uint32_t most, std::string example);
// A list of ports and ranges as single ports, sorted and each once.
ValueType<std::vector<uint16_t>> PortsAndRanges(std::string example, EmptyList empty);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_PORT_VALUES_H_
