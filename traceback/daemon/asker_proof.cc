// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/asker_proof.h"

#include <algorithm>
#include <utility>

#include "traceback/sockets/socket_address.h"

namespace cairn::daemon {

absl::StatusOr<AskerProof> AskerProof::Open(const std::vector<int>& listeners, uid_t uid) {
  std::vector<uint16_t> ports;
  for (const int listener : listeners) {
    const uint16_t port = sockets::LocalEnd(listener).port;
    if (port == 0) continue;
    if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
  }
  absl::StatusOr<host::SockDiag> diag = host::SockDiag::Open();
  if (!diag.ok()) return diag.status();
  return AskerProof(*std::move(diag), std::move(ports), uid);
}

AskerProof::AskerProof(host::SockDiag diag, std::vector<uint16_t> ports, uid_t uid)
    : diag_(std::move(diag)),
      ports_(std::move(ports)),
      uid_(uid),
      searches_({.max_requests_per_asker_minute = kMostSearches}) {}

bool AskerProof::IsConnected(const Endpoint& asker, const IpAddress& here, Clock::time_point now) {
  const auto is_found = [&](uint16_t port) { return IsFound({here, port}, asker); };
  if (std::any_of(ports_.begin(), ports_.end(), is_found)) return true;
  // Who can make up requesters must not keep the monitor busy.
  if (!searches_.Allow(IpAddress(), now)) return false;
  const auto is_there = [&](uint16_t port) { return IsFoundBySearch({here, port}, asker); };
  return std::any_of(ports_.begin(), ports_.end(), is_there);
}

bool AskerProof::IsOurs(const host::InternetSocket& socket) const {
  return socket.uid == uid_ && socket.inode != 0;
}

bool AskerProof::IsFound(const Endpoint& here, const Endpoint& asker) {
  const absl::StatusOr<host::InternetSocket> exact = diag_.FindTcp(here, asker);
  return exact.ok() && IsOurs(*exact);
}

// One that is bound to a device, as those of link-local addresses are, is found by its ports only.
bool AskerProof::IsFoundBySearch(const Endpoint& here, const Endpoint& asker) {
  std::vector<host::InternetSocket> sockets;
  const absl::Status dumped =
      diag_.Dump(host::SockDiag::Protocol::kTcp, sockets, here.port, asker.port);
  if (!dumped.ok()) return false;
  return std::any_of(sockets.begin(), sockets.end(), [&](const host::InternetSocket& socket) {
    return socket.local == here && socket.remote == asker && IsOurs(socket);
  });
}

}  // namespace cairn::daemon
