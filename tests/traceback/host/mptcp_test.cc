// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/mptcp.h"

#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traceback/host/family.h"

namespace cairn::host {
namespace {

constexpr uint16_t kTokenRemote = 1;
constexpr uint16_t kTokenLocal = 2;

// As the kernel tells of a path.
NetlinkBody PathInfo(uint32_t token) {
  NetlinkBody body;
  body.Put(INET_ULP_INFO_NAME, std::as_bytes(std::span("mptcp")));
  const size_t inner = body.Begin(INET_ULP_INFO_MPTCP);
  body.Put(kTokenRemote, BytesOf(uint32_t{7}));
  body.Put(kTokenLocal, BytesOf(token));
  body.End(inner);
  return body;
}

InternetSocket Socket(uint64_t inode, uint32_t token) {
  InternetSocket socket;
  socket.inode = inode;
  socket.multipath_token = token;
  return socket;
}

TEST_CASE("the token of a path is its own end's, and none in what is cut") {
  const NetlinkBody whole = PathInfo(0xabcd1234);
  CHECK(TokenOfPath(whole.bytes()) == 0xabcd1234);
  for (size_t size = 0; size < whole.bytes().size(); ++size) {
    CHECK(TokenOfPath(whole.bytes().first(size)) == 0);
  }
}

TEST_CASE("the token of a multipath socket stands at its place, and not in older, shorter forms") {
  std::array<uint32_t, 4> info = {1, 2, 3, 0xabcd1234};
  CHECK(TokenOfMultipath(std::as_bytes(std::span(info))) == 0xabcd1234);
  CHECK(TokenOfMultipath(std::as_bytes(std::span(info)).first(15)) == 0);
  CHECK(TokenOfMultipath({}) == 0);
}

TEST_CASE("a path without an inode gets that of its multipath socket, and no other does") {
  const std::vector<InternetSocket> multipath = {Socket(50, 1), Socket(60, 2), Socket(70, 0)};
  std::vector<InternetSocket> tcp = {Socket(0, 1), Socket(0, 2), Socket(0, 3), Socket(0, 0),
                                     Socket(9, 1)};
  AdoptPaths(multipath, tcp);
  std::vector<uint64_t> inodes;
  for (const InternetSocket& each : tcp) inodes.push_back(each.inode);
  CHECK(inodes == std::vector<uint64_t>{50, 60, 0, 0, 9});
}

struct Multipath {
  int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  int client = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  int server = -1;
  Endpoint client_end;
  Endpoint server_end;

  ~Multipath() {
    for (const int each : {listener, client, server}) {
      if (each >= 0) close(each);
    }
  }
  static Endpoint EndOf(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return {IpAddress::FromV4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
  }
  void Connect() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(listener, 1) == 0);
    server_end = EndOf(listener);
    address.sin_port = htons(server_end.port);
    REQUIRE(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    client_end = EndOf(client);
    server = accept(listener, nullptr, nullptr);
    REQUIRE(server >= 0);
  }
};

TEST_CASE("who holds a multipath socket has its connection, at both ends") {
  Multipath multipath;
  if (multipath.client < 0) {
    WARN("SKIPPED: this kernel has no Multipath TCP");
    return;
  }
  multipath.Connect();
  Family family;
  const uint32_t other = family.Child({multipath.client, multipath.listener});
  close(std::exchange(multipath.server, -1));
  for (const bool by_client : {true, false}) {
    const Endpoint& local = by_client ? multipath.client_end : multipath.server_end;
    const Endpoint& remote = by_client ? multipath.server_end : multipath.client_end;
    const auto found = TheInspector().Find(local, remote, false);
    REQUIRE(found.ok());
    const auto snapshot = TheInspector().Walk(*found, PacketTime::FromNanoseconds(7));
    REQUIRE(snapshot.ok());
    const uint32_t owner = by_client ? static_cast<uint32_t>(getpid()) : other;
    CHECK(snapshot->processes.front().pid == owner);
    CHECK(snapshot->processes.front().relation == Relation::kOwner);
    CHECK(Find(*snapshot, by_client ? other : static_cast<uint32_t>(getpid())) != nullptr);
  }
}

}  // namespace
}  // namespace cairn::host
