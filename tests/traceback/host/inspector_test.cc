// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/inspector.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "catch2/catch.hpp"

#include "tests/traceback/host/family.h"

namespace cairn::host {
namespace {

Direction DirectionOf(const Endpoint& local, const Endpoint& remote) {
  const absl::StatusOr<TcpConnection> found = TheInspector().Find(local, remote, false);
  REQUIRE(found.ok());
  return found->direction;
}

TEST_CASE("a connection is found by both of its ends, with its owner") {
  const Connection connection;
  const auto client = TheInspector().Find(connection.client_end, connection.server_end, false);
  REQUIRE(client.ok());
  CHECK(client->uid == geteuid());
  CHECK(client->inode != 0);
  const auto server = TheInspector().Find(connection.server_end, connection.client_end, false);
  REQUIRE(server.ok());
  CHECK(server->inode != client->inode);
}

TEST_CASE("what is none is not found, though somebody listens there") {
  const Connection connection;
  const Endpoint stranger = {*IpAddress::Parse("127.0.0.9"), 9};
  CHECK(absl::IsNotFound(TheInspector().Find(connection.server_end, stranger, false).status()));
  CHECK(absl::IsNotFound(TheInspector().Find(connection.server_end, stranger, true).status()));
  Endpoint other = connection.client_end;
  other.ip = *IpAddress::Parse("127.0.0.9");
  CHECK(absl::IsNotFound(TheInspector().Find(other, connection.server_end, false).status()));
  // By its ports, if that is enough.
  const auto by_ports = TheInspector().Find(other, connection.server_end, true);
  REQUIRE(by_ports.ok());
  CHECK(by_ports->local == connection.client_end);
}

TEST_CASE("a closed connection is nobody's") {
  Endpoint client;
  Endpoint server;
  {
    const Connection connection;
    client = connection.client_end;
    server = connection.server_end;
  }
  CHECK(absl::IsNotFound(TheInspector().Find(client, server, false).status()));
}

TEST_CASE("who opened a connection is known, idle or busy, with and without a listener") {
  Connection connection;
  const auto check = [&connection] {
    CHECK(DirectionOf(connection.client_end, connection.server_end) == Direction::kOutbound);
    CHECK(DirectionOf(connection.server_end, connection.client_end) == Direction::kInbound);
  };
  check();
  connection.CloseListener();
  check();
  const std::string data(1000, 'x');
  REQUIRE(send(connection.client, data.data(), data.size(), 0) == 1000);
  check();
  REQUIRE(send(connection.server, data.data(), 10, 0) == 10);
  check();
}

TEST_CASE("an IPv4 connection of an IPv6 socket is found") {
  const int listener = socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  socklen_t size = sizeof(any);
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof(any)) == 0);
  REQUIRE(listen(listener, 1) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&any), &size) == 0);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = any.sin6_port;
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(client, reinterpret_cast<sockaddr*>(&target), sizeof(target)) == 0);
  sockaddr_in own{};
  size = sizeof(own);
  REQUIRE(getsockname(client, reinterpret_cast<sockaddr*>(&own), &size) == 0);
  const int server = accept(listener, nullptr, nullptr);
  const IpAddress loopback = *IpAddress::Parse("127.0.0.1");
  const Endpoint here = {loopback, ntohs(target.sin_port)};
  const Endpoint there = {loopback, ntohs(own.sin_port)};
  CHECK(DirectionOf(here, there) == Direction::kInbound);
  CHECK(DirectionOf(there, here) == Direction::kOutbound);
  for (const int descriptor : {server, client, listener}) close(descriptor);
}

TEST_CASE("a snapshot says what the host is and what its processes are") {
  const Connection connection;
  const Snapshot snapshot = WalkFrom(connection);
  CHECK(snapshot.host.kernel == "Linux");
  CHECK_FALSE(snapshot.host.kernel_release.empty());
  CHECK_FALSE(snapshot.host.name.empty());
  CHECK(snapshot.host.boot_time.IsSet());
  const Process* self = Find(snapshot, static_cast<uint32_t>(getpid()));
  REQUIRE(self != nullptr);
  CHECK(self->relation == Relation::kOwner);
  CHECK(self->real_uid == getuid());
  CHECK(self->parent == static_cast<uint32_t>(getppid()));
  CHECK(self->executable.find("host_tests") != std::string::npos);
  CHECK(self->executable_sha256.size() == 64);
  CHECK(self->command_line.find("host_tests") != std::string::npos);
  CHECK(self->network_namespace != 0);
  CHECK(self->start_time > snapshot.host.boot_time);
  bool listed = false;
  for (const Descriptor& descriptor : self->descriptors) {
    listed = listed ||
             (descriptor.local == connection.client_end &&
              descriptor.direction == Direction::kOutbound && descriptor.state == "ESTABLISHED");
  }
  CHECK(listed);
}

TEST_CASE("what is not to be kept is left out, and followed all the same") {
  const Connection connection;
  Family family;
  Options options;
  options.keep_descriptors = false;
  options.keep_command_line = false;
  options.keep_executable = false;
  options.keep_audit = false;
  options.keep_container = false;
  options.keep_terminal = false;
  const Snapshot snapshot = WalkFrom(connection, options);
  REQUIRE(snapshot.processes.size() > 1);
  for (const Process& process : snapshot.processes) {
    CHECK(process.descriptors.empty());
    CHECK(process.command_line.empty());
    CHECK(process.executable.empty());
    CHECK(process.executable_sha256.empty());
    CHECK_FALSE(process.login_uid.has_value());
    CHECK(process.control_group.empty());
    CHECK(process.network_namespace == 0);
  }
}

}  // namespace
}  // namespace cairn::host
