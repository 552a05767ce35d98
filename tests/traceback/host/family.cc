// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/host/family.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "catch2/catch.hpp"

namespace cairn::host {
namespace {

Endpoint OwnEnd(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return {IpAddress::FromV4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
}

// What this program was started with: it may connect everything that the same shell started.
std::vector<int> Inherited() {
  std::vector<int> descriptors;
  for (int descriptor = STDERR_FILENO + 1; descriptor < 1024; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) descriptors.push_back(descriptor);
  }
  return descriptors;
}
const std::vector<int> kInherited = Inherited();

void CloseInherited() {
  for (const int descriptor : kInherited) close(descriptor);
  const int nothing = open("/dev/null", O_RDWR);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, standard);
  close(nothing);
}

}  // namespace

Family::~Family() {
  for (const pid_t child : children_) kill(child, SIGKILL);
  for (const pid_t child : children_) waitpid(child, nullptr, 0);
}

uint32_t Family::Child(const std::vector<int>& closed, const std::function<void()>& first) {
  std::array<int, 2> done{};
  REQUIRE(pipe(done.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    CloseInherited();
    for (const int descriptor : closed) close(descriptor);
    first();
    close(done[0]);
    close(done[1]);
    while (true) pause();
  }
  children_.push_back(child);
  close(done[1]);
  char end = 0;
  REQUIRE(read(done[0], &end, 1) == 0);
  close(done[0]);
  return static_cast<uint32_t>(child);
}

void Family::End(uint32_t pid) {
  const auto child = static_cast<pid_t>(pid);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  std::erase(children_, child);
}

Connection::Connection() : listener(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(listen(listener, 8) == 0);
  server_end = OwnEnd(listener);
  address.sin_port = htons(server_end.port);
  client = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  client_end = OwnEnd(client);
  server = accept(listener, nullptr, nullptr);
  REQUIRE(server >= 0);
}

Connection::~Connection() {
  for (const int descriptor : Descriptors(*this)) close(descriptor);
}

void Connection::CloseListener() {
  close(listener);
  listener = -1;
}

std::vector<int> Descriptors(const Connection& connection) {
  return {connection.listener, connection.client, connection.server};
}

Inspector& TheInspector() {
  static const std::unique_ptr<Inspector> inspector = *Inspector::Open({});
  return *inspector;
}

Snapshot WalkFrom(const Connection& connection, const Options& options) {
  const std::unique_ptr<Inspector> inspector = *Inspector::Open(options);
  const absl::StatusOr<TcpConnection> found =
      inspector->Find(connection.client_end, connection.server_end, false);
  REQUIRE(found.ok());
  absl::StatusOr<Snapshot> snapshot = inspector->Walk(*found, PacketTime::FromNanoseconds(7));
  REQUIRE(snapshot.ok());
  return *std::move(snapshot);
}

Owner::Owner(const std::vector<int>& closed) {
  std::vector<int> all = closed;
  all.insert(all.end(), {connection.listener, connection.server});
  pid = family.Child(all);
  close(connection.client);
  connection.client = -1;
  // Nobody on this host holds the other end: it would lead there.
  close(connection.server);
  connection.server = -1;
  connection.CloseListener();
}

Snapshot WalkFrom(const Owner& owner, const Options& options) {
  const std::unique_ptr<Inspector> inspector = *Inspector::Open(options);
  const auto found =
      inspector->Find(owner.connection.client_end, owner.connection.server_end, false);
  REQUIRE(found.ok());
  absl::StatusOr<Snapshot> snapshot = inspector->Walk(*found, PacketTime::FromNanoseconds(7));
  REQUIRE(snapshot.ok());
  return *std::move(snapshot);
}

const Process* Find(const Snapshot& snapshot, uint32_t pid) {
  const auto found = std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                                  [pid](const Process& process) { return process.pid == pid; });
  return found == snapshot.processes.end() ? nullptr : &*found;
}

}  // namespace cairn::host
