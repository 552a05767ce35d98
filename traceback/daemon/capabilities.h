// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_CAPABILITIES_H_
#define CAIRN_TRACEBACK_DAEMON_CAPABILITIES_H_

#include <cstdint>

#include "absl/status/status.h"

// Sets of capabilities (capabilities(7)), each a bit by its number.
namespace cairn::daemon {

constexpr uint64_t CapabilityBit(int capability) { return uint64_t{1} << capability; }

// No program that this process runs later can have more than these.  Requires: CAP_SETPCAP.
absl::Status LimitBoundingSet(uint64_t kept);
// This process has these of those that it has, and no others; a program that it runs inherits none.
absl::Status SetCapabilities(uint64_t kept);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_CAPABILITIES_H_
