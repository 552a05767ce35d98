// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/socket_table.h"

#include <linux/netlink.h>
#include <netinet/tcp.h>

#include <algorithm>

#include "catch2/catch.hpp"

#include "traceback/host/socket_tables.h"

namespace cairn::host {
namespace {

const Endpoint kSocketTableHere = {*IpAddress::Parse("192.0.2.1"), 22};
const Endpoint kSocketTableThere = {*IpAddress::Parse("198.51.100.2"), 40000};
const Endpoint kElsewhere = {*IpAddress::Parse("198.51.100.3"), 40000};

InternetSocket Tcp(uint64_t inode, const Endpoint& remote, uint8_t state = TCP_ESTABLISHED) {
  return {.local = kSocketTableHere, .remote = remote, .inode = inode, .state = state};
}

SocketTable TableOf(std::vector<InternetSocket> tcp) {
  Sockets sockets;
  sockets.tcp = std::move(tcp);
  return {std::move(sockets), {}};
}

TEST_CASE("of two sockets with the same ends none is taken") {
  const SocketTable one = TableOf({Tcp(5, kSocketTableThere), Tcp(6, kElsewhere)});
  REQUIRE(one.FindTcp(kSocketTableHere, kSocketTableThere) != nullptr);
  CHECK(one.FindTcp(kSocketTableHere, kSocketTableThere)->inode == 5);
  const SocketTable two =
      TableOf({Tcp(5, kSocketTableThere), Tcp(6, kElsewhere), Tcp(7, kSocketTableThere)});
  CHECK(two.FindTcp(kSocketTableHere, kSocketTableThere) == nullptr);
  CHECK(two.FindTcp(kSocketTableHere, kElsewhere) != nullptr);
  CHECK(two.IsDoubtful(kSocketTableHere, kSocketTableThere));
  CHECK_FALSE(two.IsDoubtful(kSocketTableHere, kElsewhere));
}

TEST_CASE("who tries to connect does not hide who is connected, whichever comes first") {
  const uint8_t trying = GENERATE(uint8_t{TCP_SYN_SENT}, uint8_t{TCP_CLOSE});
  for (const bool first : {true, false}) {
    const InternetSocket connected = Tcp(5, kSocketTableThere);
    const InternetSocket other = Tcp(6, kSocketTableThere, trying);
    const SocketTable table =
        first ? TableOf({other, other, connected}) : TableOf({connected, other, other});
    REQUIRE(table.FindTcp(kSocketTableHere, kSocketTableThere) != nullptr);
    CHECK(table.FindTcp(kSocketTableHere, kSocketTableThere)->inode == 5);
  }
}

TEST_CASE("a socket has all of its connections") {
  const SocketTable table =
      TableOf({Tcp(5, kSocketTableThere), Tcp(6, kElsewhere), Tcp(5, kElsewhere)});
  CHECK(table.AllTcp(5).size() == 2);
  CHECK(table.AllTcp(6).size() == 1);
  CHECK(table.AllTcp(7).empty());
  CHECK(table.AllTcp(0).empty());
}

TEST_CASE("sockets that the kernel does not tell of are missed aloud") {
  absl::StatusOr<Netlink> deaf = Netlink::Open(NETLINK_KOBJECT_UEVENT);  // answers nothing
  REQUIRE(deaf.ok());
  SockDiag diag(*std::move(deaf));
  CHECK_FALSE(DumpSockets(diag).fault.empty());
  const ProcFolder proc("/proc");
  const SocketTables tables(proc, diag);
  std::vector<NotSeen> gaps;
  tables.AddGaps(gaps);
  REQUIRE(gaps.size() == 1);
  CHECK(gaps.front().gap == Gap::kSockets);
  CHECK(gaps.front().detail.find("TCP: ") != std::string::npos);
  absl::StatusOr<SockDiag> sound = SockDiag::Open();
  REQUIRE(sound.ok());
  gaps.clear();
  SocketTables(proc, *sound).AddGaps(gaps);
  CHECK(gaps.empty());
}

}  // namespace
}  // namespace cairn::host
