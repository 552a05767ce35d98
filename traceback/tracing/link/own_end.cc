// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/own_end.h"

#include <cerrno>
#include <system_error>

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

bool IsUnspecified(const IpAddress& ip) {
  return ip == IpAddress::FromV4(0) || ip == IpAddress::FromWords(0, 0);
}

}  // namespace

std::optional<IpAddress> OwnEnd(const LinkOptions& options, const IpAddress& to) {
  std::optional<IpAddress> found;
  for (const IpAddress& each : options.addresses) {
    const IpAddress own = each.Unmapped();
    if (own.IsV4() != to.Unmapped().IsV4() || IsUnspecified(own)) continue;
    // An address of loopback leads to such ones only, and all others away from them.
    if (IsHostsOwn(own) != IsHostsOwn(to)) continue;
    if (found.has_value()) return std::nullopt;
    found = own;
  }
  return found;
}

Failure ConnectFailure(const Endpoint& to, int error) {
  const std::string why = std::generic_category().message(error);
  if (error == ECONNREFUSED) return {.end = LinkEnd::kRefused, .text = "nobody listens there"};
  const bool ours = error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
  return {.end = ours ? LinkEnd::kLimit : LinkEnd::kUnreachable,
          .text = fmt::format("cannot connect to {}: {}", to.ToString(), why)};
}

}  // namespace cairn::tracing
