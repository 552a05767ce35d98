// SPDX-License-Identifier: BSD-3-Clause
// Which connections to other hosts are driven by which ones from other hosts.  The host that is
// looked at has namespaces of its own, for processes and for the network: the other ends of its
// connections are another host's.
#include "traceback/host/session_links.h"

#include <arpa/inet.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <source_location>
#include <string>
#include <vector>

#include "catch2/catch.hpp"
#include "fmt/format.h"
#include "fmt/ranges.h"

#include "tests/traceback/host/walk_rig.h"
#include "traceback/host/inspector.h"

namespace cairn::host {
namespace {

constexpr const char* kHere = "192.0.2.2";
constexpr const char* kThere = "192.0.2.1";
constexpr uint16_t kLogin = 2222;  // here
constexpr uint16_t kNext = 3333;   // there
constexpr uid_t kSessionLinksUser = 4242;

// Also of a process that is no test.
void Must(bool done, std::source_location where = std::source_location::current()) {
  if (done) return;
  const std::string text = fmt::format("line {}: {}\n", where.line(), std::strerror(errno));
  static_cast<void>(write(STDERR_FILENO, text.data(), text.size()) == 0);
  _exit(1);
}

sockaddr_in Address(const char* ip, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, ip, &address.sin_addr);
  return address;
}

int Listener(const char* ip, uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Address(ip, port);
  Must(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
       listen(listener, 64) == 0);
  return listener;
}

int Connected(const char* ip, uint16_t port) {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Address(ip, port);
  Must(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return client;
}

Endpoint EndOf(int socket, bool own) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  auto* general = reinterpret_cast<sockaddr*>(&address);
  Must((own ? getsockname(socket, general, &size) : getpeername(socket, general, &size)) == 0);
  return {IpAddress::FromV4(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
}

void Write(int pipe, const std::string& text) {
  Must(write(pipe, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string ReadAll(int pipe) {
  std::string text;
  std::array<char, 4096> block{};
  ssize_t got = 0;
  while ((got = read(pipe, block.data(), block.size())) > 0) {
    text.append(block.data(), static_cast<size_t>(got));
  }
  return text;
}

bool Ran(const std::string& command) { return std::system(command.c_str()) == 0; }

// One byte, from one process to another.
class Signal {
 public:
  Signal() { Must(pipe(ends_.data()) == 0); }
  ~Signal() {
    for (const int each : ends_) close(each);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void Give() const { Write(ends_[1], "x"); }
  void Await() const {
    char byte = 0;
    Must(read(ends_[0], &byte, 1) == 1);
  }

 private:
  std::array<int, 2> ends_{};
};

// A session of the host that is looked at: a process that holds what came in, and a connection to
// the other host.
struct Session {
  std::vector<Endpoint> inbound;  // the other host's ends
  Endpoint outbound;              // this host's end
};

Session Begin(int login, size_t inbound, uid_t uid) {
  Session session;
  std::vector<int> held;
  for (size_t i = 0; i < inbound; ++i) {
    held.push_back(accept(login, nullptr, nullptr));
    session.inbound.push_back(EndOf(held.back(), false));
  }
  std::array<int, 2> told{};
  Must(pipe(told.data()) == 0);
  if (fork() == 0) {
    // Nothing that leads to another session.
    for (int each = 0; each < 1024; ++each) {
      if (each != told[1] && std::ranges::find(held, each) == held.end()) close(each);
    }
    Must(setgid(uid) == 0 && setuid(uid) == 0);
    const Endpoint own = EndOf(Connected(kThere, kNext), true);
    Must(write(told[1], &own, sizeof(own)) == sizeof(own));
    close(told[1]);
    while (true) pause();
  }
  Must(read(told[0], &session.outbound, sizeof(session.outbound)) == sizeof(session.outbound));
  for (const int each : {told[0], told[1]}) close(each);
  for (const int each : held) close(each);
  return session;
}

// What links of the asked session say, as numbers of sessions: "1<1", with '?' if it is not sure.
std::string LinksOf(const std::vector<Session>& sessions, size_t asked, size_t most) {
  const std::unique_ptr<Inspector> inspector = *Inspector::Open({});
  const Endpoint next = {*IpAddress::Parse(kThere), kNext};
  const auto connection = inspector->Find(sessions[asked].outbound, next, false);
  Must(connection.ok() && inspector->Look(PacketTime()).ok());
  auto snapshot = inspector->WalkFromLook(*connection);
  Must(snapshot.ok() && snapshot->links.empty());
  inspector->AddLinks(*snapshot, *connection, most);
  std::set<std::string> links;
  for (const SessionLink& link : snapshot->links) {
    Must(link.outbound_remote == next);
    std::string text;
    for (size_t i = 0; i < sessions.size(); ++i) {
      if (sessions[i].outbound == link.outbound_local) text = fmt::format("{}<", i) + text;
      for (const Endpoint& remote : sessions[i].inbound) {
        if (remote == link.inbound_remote) text += fmt::format("{}{}", i, link.sure ? "" : "?");
      }
    }
    links.insert(text);
  }
  return fmt::format("{}\n", fmt::join(links, " "));
}

// What `look` says on a host of its own, to which the other one has made so many connections.
std::string OnAHost(size_t inbound, const std::function<std::string(int login)>& look) {
  const Signal is_apart;
  const Signal is_linked;
  const Signal listens;
  std::array<int, 2> told{};
  REQUIRE(pipe(told.data()) == 0);
  const pid_t here = fork();
  if (here == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Must(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0);
    is_apart.Give();
    is_linked.Await();
    Must(Ran(fmt::format("ip link set lo up && ip addr add {}/24 dev here && ip link set here up",
                         kHere)));
    // From now on: the next child is the first process of that host.
    Must(unshare(CLONE_NEWPID) == 0);
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
      Must(mount("proc", "/proc", "proc", 0, nullptr) == 0);
      const int login = Listener(kHere, kLogin);
      listens.Give();
      Write(told[1], look(login));
      _exit(0);
    }
    wait(nullptr);
    _exit(0);
  }
  const pid_t there = fork();
  if (there == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int each : told) close(each);
    Must(unshare(CLONE_NEWNET) == 0);
    is_apart.Await();
    Must(
        Ran(fmt::format("ip link add there type veth peer name here netns {} && "
                        "ip addr add {}/24 dev there && ip link set there up",
                        here, kThere)));
    is_linked.Give();
    Listener(kThere, kNext);
    listens.Await();
    for (size_t i = 0; i < inbound; ++i) Connected(kHere, kLogin);
    while (true) pause();
  }
  close(told[1]);
  std::string text = ReadAll(told[0]);
  close(told[0]);
  for (const pid_t each : {here, there}) {
    kill(each, SIGKILL);
    waitpid(each, nullptr, 0);
  }
  return text;
}

bool CanMakeHosts() {
  if (!IsRoot()) return false;
  if (Ran("ip -V >/dev/null 2>&1")) return true;
  WARN("SKIPPED: needs `ip` to connect two hosts");
  return false;
}

TEST_CASE("of a session's users it is told which connection drives which") {
  if (!CanMakeHosts()) return;
  const std::string text = OnAHost(8, [](int login) {
    std::vector<Session> sessions;
    sessions.push_back(Begin(login, 1, 0));
    sessions.push_back(Begin(login, 1, 0));
    sessions.push_back(Begin(login, 1, 0));
    sessions.push_back(Begin(login, 0, 0));  // nobody's
    sessions.push_back(Begin(login, 2, 0));  // which of the two is not known
    sessions.push_back(Begin(login, 1, kSessionLinksUser));
    sessions.push_back(Begin(login, 1, kSessionLinksUser));
    return LinksOf(sessions, 0, 64) + LinksOf(sessions, 5, 64) + LinksOf(sessions, 0, 0) +
           (LinksOf(sessions, 0, 1).size() <= std::string("1<1\n").size() ? "one" : "more");
  });
  CHECK(text == "1<1 2<2\n6<6\n\none");
}

}  // namespace
}  // namespace cairn::host
