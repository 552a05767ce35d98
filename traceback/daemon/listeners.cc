// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/listeners.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/sockets/socket_address.h"

namespace cairn::daemon {
namespace {

constexpr int kBacklog = 256;

absl::Status ListenError(const Endpoint& where, int error) {
  const std::string reason = std::generic_category().message(error);
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(fmt::format(
        "cannot listen on {}: {}; ports below 1024 are for root", where.ToString(), reason));
  }
  if (error == EADDRINUSE) {
    return absl::AlreadyExistsError(
        fmt::format("cannot listen on {}: another program does; stop it (an ident daemon?), or set "
                    "listen.port",
                    where.ToString()));
  }
  return absl::UnavailableError(fmt::format("cannot listen on {}: {}", where.ToString(), reason));
}

bool Bind(int descriptor, const Endpoint& where) {
  if (sockets::FamilyOf(where.ip) == AF_INET6) {
    const int only = 1;
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
  }
  const sockets::SocketAddress address = sockets::SocketAddressOf(where);
  return bind(descriptor, address.get(), address.size) == 0;
}

absl::StatusOr<UniqueFd> Listen(const Endpoint& where) {
  UniqueFd descriptor(
      socket(sockets::FamilyOf(where.ip), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.is_open()) return ListenError(where, errno);
  const int reuse = 1;
  setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
  if (!Bind(descriptor.get(), where) || listen(descriptor.get(), kBacklog) != 0) {
    return ListenError(where, errno);
  }
  return descriptor;
}

absl::StatusOr<std::vector<int>> HandedOver(int count) {
  std::vector<int> listeners;
  for (int descriptor = SD_LISTEN_FDS_START; descriptor < SD_LISTEN_FDS_START + count;
       ++descriptor) {
    if (sd_is_socket(descriptor, AF_UNSPEC, SOCK_STREAM, 1) <= 0 ||
        sd_is_socket(descriptor, AF_UNIX, SOCK_STREAM, 1) > 0) {
      return absl::FailedPreconditionError(
          fmt::format("the service manager handed over descriptor {}, which is not a listening TCP "
                      "socket; look at ListenStream= of stopd.socket",
                      descriptor));
    }
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    listeners.push_back(descriptor);
  }
  return listeners;
}

}  // namespace

absl::StatusOr<std::vector<int>> OpenListeners(const Options& options) {
  constexpr int kUnsetEnvironment = 1;
  if (const int count = sd_listen_fds(kUnsetEnvironment); count > 0) return HandedOver(count);
  std::vector<UniqueFd> listeners;
  absl::Status fault = absl::InvalidArgumentError("no address to listen on is configured");
  for (const IpAddress& address : options.addresses) {
    absl::StatusOr<UniqueFd> listener = Listen({address, options.port});
    if (listener.ok()) {
      listeners.push_back(*std::move(listener));
      continue;
    }
    fault = listener.status();
    if (!absl::IsUnavailable(fault)) return fault;
  }
  if (listeners.empty()) return fault;
  // From here on they are open until the process ends, and over an exec (start_anew.h).
  std::vector<int> kept;
  for (UniqueFd& listener : listeners) kept.push_back(listener.Release());
  return kept;
}

}  // namespace cairn::daemon
