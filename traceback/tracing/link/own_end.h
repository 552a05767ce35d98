// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_OWN_END_H_
#define CAIRN_TRACEBACK_TRACING_LINK_OWN_END_H_

#include <chrono>
#include <optional>

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/link/channel.h"
#include "traceback/tracing/link/links.h"

namespace cairn::tracing {

// The address to connect from: where the agent listens, if that is one of the same kind; a host
// with several is then known by the one that its certificate has.
std::optional<IpAddress> OwnEnd(const LinkOptions& options, const IpAddress& to);

// Why a connection could not even be begun.
Failure ConnectFailure(const Endpoint& to, int error);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_OWN_END_H_
