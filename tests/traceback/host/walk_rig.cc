// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/host/walk_rig.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>

#include "catch2/catch.hpp"

namespace cairn::host {

Ends SocketPair() {
  Ends ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  return ends;
}

int TcpListener() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof(any)) == 0);
  REQUIRE(listen(listener, 4) == 0);
  return listener;
}

int UnixListener() {
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un any = {.sun_family = AF_UNIX, .sun_path = {}};
  // The kernel chooses an abstract name.
  REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&any), sizeof(sa_family_t)) == 0);
  REQUIRE(listen(listener, 4) == 0);
  return listener;
}

// A connection to a listener: the client's end, and the accepted one.
Ends Client(int listener) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  const int client = socket(name.ss_family, SOCK_STREAM, 0);
  REQUIRE(connect(client, reinterpret_cast<sockaddr*>(&name), size) == 0);
  return {client, accept(listener, nullptr, nullptr)};
}

// A byte with a descriptor: it is then in the queue of the other end.
void SendDescriptor(int through, int descriptor) {
  std::array<char, CMSG_SPACE(sizeof(int))> control{};
  char byte = 0;
  iovec data = {.iov_base = &byte, .iov_len = 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &descriptor, sizeof(descriptor));
  if (sendmsg(through, &message, 0) != 1) abort();
}

bool IsRoot() {
  if (geteuid() == 0) return true;
  WARN("SKIPPED: needs root to become somebody else");
  return false;
}

void Become(uid_t uid) {
  if (setuid(uid) != 0) abort();
}

std::vector<int> Opened::But(const std::set<int>& kept) const {
  std::vector<int> closed;
  std::set_difference(all_.begin(), all_.end(), kept.begin(), kept.end(),
                      std::back_inserter(closed));
  return closed;
}

void Opened::Close() {
  for (const int descriptor : all_) close(descriptor);
}

Asked::Asked() { close(std::exchange(connection.server, -1)); }

Snapshot Asked::Walk(Options options) const {
  options.use_bpf = GENERATE(true, false);
  const std::unique_ptr<Inspector> inspector = *Inspector::Open(options);
  const auto found = inspector->Find(connection.client_end, connection.server_end, false);
  REQUIRE(found.ok());
  absl::StatusOr<Snapshot> snapshot = inspector->Walk(*found, PacketTime::FromNanoseconds(7));
  REQUIRE(snapshot.ok());
  return *std::move(snapshot);
}

const NotSeen* FindGap(const Snapshot& snapshot, Gap gap, uint32_t pid) {
  const auto found =
      std::find_if(snapshot.not_seen.begin(), snapshot.not_seen.end(),
                   [&](const NotSeen& each) { return each.gap == gap && each.pid == pid; });
  return found == snapshot.not_seen.end() ? nullptr : &*found;
}
}  // namespace cairn::host
