// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_TCP_SOCKET_H_
#define CAIRN_TRACEBACK_TRACING_LINK_TCP_SOCKET_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "base/address.h"
#include "base/unique_fd.h"

// The sockets of links: none blocks, and none is left to a program that this one starts.
namespace cairn::tracing {

// `error`: errno, if no descriptor is returned.
UniqueFd Listen(const Endpoint& at, int& error);
// Being connected, or connected.  `from`, if set and possible: the own address.
UniqueFd BeginConnect(const Endpoint& to, const std::optional<IpAddress>& from, int& error);

struct Accepted {
  UniqueFd descriptor;
  Endpoint from;
};
// Unset: there is nobody (`error` is 0), or it cannot be.
std::optional<Accepted> Accept(int listener, int& error);

// What has become of a connection that was begun; 0: it is there.
int ConnectError(int descriptor);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_TCP_SOCKET_H_
