// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_TCP_FLAGS_H_
#define CAIRN_BASE_TCP_FLAGS_H_

#include <cstdint>

namespace cairn {

// TCP control bits as they stand in the header (RFC 9293, section 3.1).
enum TcpFlag : uint8_t {
  kFin = 0x01,
  kSyn = 0x02,
  kRst = 0x04,
  kPsh = 0x08,
  kAck = 0x10,
  kUrg = 0x20,
};

}  // namespace cairn

#endif  // CAIRN_BASE_TCP_FLAGS_H_
