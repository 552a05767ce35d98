// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_TUNNEL_H_
#define CAIRN_BASE_TUNNEL_H_

#include <cstdint>

namespace cairn {

// What a packet came wrapped in, innermost first.
enum class Tunnel : uint8_t { kNone, kIpInIp, kGre, kVxlan, kGeneve };

}  // namespace cairn

#endif  // CAIRN_BASE_TUNNEL_H_
