// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_STOP_ASKER_NETWORK_H_
#define CAIRN_TRACEBACK_STOP_ASKER_NETWORK_H_

#include <vector>

#include "base/address.h"

namespace cairn::stop {

// By what an asker is counted: an IPv4 address, or an IPv6 network of 64 bits, in which a single
// host can take any address.  All addresses of this host, loopback included, are one asker: its
// users may choose among them.  Logarithmic in the number of own addresses.
IpAddress AskerNetwork(const IpAddress& asker);

// Which addresses are this host's own, beside those of loopback.  Holds for the whole process,
// because every count of askers must agree on it.  Requires: one thread.
void SetOwnAddresses(std::vector<IpAddress> addresses);

}  // namespace cairn::stop

#endif  // CAIRN_TRACEBACK_STOP_ASKER_NETWORK_H_
