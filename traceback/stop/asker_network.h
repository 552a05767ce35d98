// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_STOP_ASKER_NETWORK_H_
#define CAIRN_TRACEBACK_STOP_ASKER_NETWORK_H_

#include "capture/address.h"

namespace cairn::stop {

// By what an asker is counted: an IPv4 address, or an IPv6 network of 64 bits, in which a single
// host can take any address.
inline IpAddress AskerNetwork(const IpAddress& asker) {
  return asker.IsV4() ? asker : IpAddress::FromWords(asker.high(), 0);
}

}  // namespace cairn::stop

#endif  // CAIRN_TRACEBACK_STOP_ASKER_NETWORK_H_
