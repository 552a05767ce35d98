// SPDX-License-Identifier: BSD-3-Clause
// What a walk says, as a fact: from snapshots made by hand.
#include "traceback/daemon/fact_of.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::daemon {
namespace {

using host::Process;
using host::Relation;
using tracing::Finding;

constexpr uint32_t kEve = 1000;

Endpoint End(std::string_view ip, uint16_t port) { return {*IpAddress::Parse(ip), port}; }

const host::TcpConnection kAsked = {
    .local = End("192.0.2.5", 40000), .remote = End("192.0.2.9", 22), .inode = 7, .uid = kEve};

Process Made(uint32_t pid, uint32_t parent, Relation relation, uint32_t related_to, uint32_t uid,
             std::string program) {
  Process process;
  process.pid = pid;
  process.parent = parent;
  process.relation = relation;
  process.related_to = related_to;
  process.real_uid = uid;
  process.effective_uid = uid;
  process.real_user = uid == 0 ? "root" : "eve";
  process.effective_user = process.real_user;
  process.executable = std::move(program);
  process.start_time = PacketTime::FromNanoseconds(1000 + pid);
  return process;
}

host::PreviousHost From(std::string_view ip, uint16_t port, std::vector<uint32_t> path) {
  return {.local = End("192.0.2.5", 22), .remote = End(ip, port), .pid = path.back(), .path = path};
}

host::OtherConnection Beside(host::Bystander why) {
  host::OtherConnection other;
  other.why = why;
  return other;
}

host::Login LoginAt(std::string terminal, std::string from, uint32_t pid) {
  host::Login login;
  login.user = "eve";
  login.terminal = std::move(terminal);
  login.from = std::move(from);
  login.pid = pid;
  return login;
}

// ssh (4), of a shell (3) of sshd (2): the first process (1) is above them.
host::Snapshot Shell(std::string terminal) {
  host::Snapshot snapshot;
  snapshot.time = PacketTime::FromNanoseconds(5);
  snapshot.host.name = "middle";
  snapshot.processes = {Made(4, 3, Relation::kOwner, 0, kEve, "/usr/bin/ssh"),
                        Made(3, 2, Relation::kParent, 4, kEve, "/bin/bash"),
                        Made(2, 1, Relation::kParent, 3, 0, "/usr/sbin/sshd"),
                        Made(1, 0, Relation::kParent, 2, 0, "/sbin/init")};
  snapshot.processes[3].not_followed = "init";
  snapshot.processes[0].terminal = terminal;
  snapshot.processes[1].terminal = terminal;
  return snapshot;
}

tracing::Fact Fact(const host::Snapshot& snapshot, bool asked_is_inbound = false) {
  return FactOf(snapshot, kAsked, tracing::TraceId{3}, asked_is_inbound);
}

std::vector<uint32_t> Pids(const tracing::Fact& fact) {
  std::vector<uint32_t> pids;
  for (const tracing::Step& step : fact.steps) pids.push_back(step.pid);
  return pids;
}

// As it has to be in a message.
void CheckComesBack(const tracing::Fact& fact) {
  CHECK(tracing::DecodeFact(tracing::EncodeFact(fact)).value() == fact);
}

TEST_CASE("the one connection that drives a session is upstream, with the way to it") {
  host::Snapshot snapshot = Shell("pts/3");
  snapshot.previous_hosts = {From("192.0.2.1", 50000, {4, 3, 2})};
  snapshot.processes[0].login_uid = kEve;
  snapshot.processes[0].effective_uid = 0;
  snapshot.processes[0].effective_user = "root";
  const tracing::Fact fact = Fact(snapshot);
  CHECK(fact.trace == tracing::TraceId{3});
  CHECK(fact.host == "middle");
  CHECK(fact.time == PacketTime::FromNanoseconds(5));
  CHECK(fact.asked == tracing::Connection{.local = kAsked.local, .remote = kAsked.remote});
  CHECK(fact.finding == Finding::kUpstream);
  CHECK(fact.upstream ==
        tracing::Connection{.local = End("192.0.2.5", 22), .remote = End("192.0.2.1", 50000)});
  CHECK(fact.sure);
  CHECK(fact.one_of == 1);
  CHECK(fact.gaps.empty());
  CHECK(Pids(fact) == std::vector<uint32_t>{4, 3, 2});
  const tracing::Step& step = fact.steps[0];
  CHECK(step.start == PacketTime::FromNanoseconds(1004));
  CHECK(step.user == tracing::User{.uid = 0, .name = "root"});
  CHECK(step.real == tracing::User{.uid = kEve, .name = "eve"});
  CHECK(step.login == tracing::User{.uid = kEve, .name = "eve"});
  CHECK(step.program == "/usr/bin/ssh");
  CHECK(step.terminal == "pts/3");
  CHECK(step.how == "owner");
  CHECK(fact.steps[2].how == "parent");
  CheckComesBack(fact);
}

TEST_CASE("of several connections the nearest is upstream, and not sure") {
  host::Snapshot snapshot = Shell("pts/3");
  snapshot.previous_hosts = {From("192.0.2.1", 1, {4, 3, 2}), From("192.0.2.2", 2, {4, 3}),
                             From("192.0.2.3", 3, {4, 3, 2})};
  const tracing::Fact fact = Fact(snapshot);
  CHECK(fact.upstream->remote == End("192.0.2.2", 2));
  CHECK_FALSE(fact.sure);
  CHECK(fact.one_of == 3);
  CHECK(Pids(fact) == std::vector<uint32_t>{4, 3});
}

TEST_CASE("one of several that a process accepted is not sure") {
  host::Snapshot snapshot = Shell("pts/3");
  snapshot.previous_hosts = {From("192.0.2.1", 1, {4, 3, 2})};
  snapshot.previous_hosts[0].one_of = 4;
  const tracing::Fact fact = Fact(snapshot);
  CHECK(fact.finding == Finding::kUpstream);
  CHECK_FALSE(fact.sure);
  CHECK(fact.one_of == 4);
}

TEST_CASE("upstream is not sure beside another way, or if the walk did not come to its end") {
  const auto is_sure = [](auto change) {
    host::Snapshot snapshot = Shell("pts/3");
    snapshot.previous_hosts = {From("192.0.2.1", 1, {4, 3, 2})};
    change(snapshot);
    const tracing::Fact fact = Fact(snapshot);
    CHECK(fact.finding == Finding::kUpstream);
    CHECK(fact.upstream->remote == End("192.0.2.1", 1));
    return fact.sure;
  };
  CHECK(is_sure([](host::Snapshot&) {}));
  CHECK_FALSE(is_sure([](host::Snapshot& snapshot) {
    snapshot.previous_hosts.push_back(From("192.0.2.2", 2, {4}));
    snapshot.previous_hosts[1].direct = false;
  }));
  CHECK_FALSE(is_sure([](host::Snapshot& snapshot) { snapshot.truncated = true; }));
  CHECK_FALSE(is_sure([](host::Snapshot& snapshot) { snapshot.processes[1].terminal = "tty1"; }));
  CHECK_FALSE(is_sure([](host::Snapshot& snapshot) {
    snapshot.previous_hosts[0].direction = host::Direction::kUnknown;
  }));
}

TEST_CASE("a server that was started at a console does not make its sessions the console's") {
  host::Snapshot snapshot = Shell("pts/3");
  snapshot.processes.insert(snapshot.processes.begin() + 3,
                            Made(9, 1, Relation::kParent, 2, 0, "/usr/sbin/sshd"));
  snapshot.processes[2].parent = 9;
  snapshot.processes[3].not_followed = "listener";
  snapshot.processes[3].terminal = "tty1";
  snapshot.previous_hosts = {From("192.0.2.1", 1, {4, 3, 2})};
  CHECK(Fact(snapshot).sure);
  snapshot.previous_hosts.clear();
  CHECK(Fact(snapshot).finding != Finding::kConsole);
}

TEST_CASE("connections on shared paths only leave it unknown which one it was") {
  host::Snapshot snapshot = Shell("pts/3");
  snapshot.previous_hosts = {From("192.0.2.1", 1, {4, 3}), From("192.0.2.2", 2, {4, 3})};
  for (host::PreviousHost& each : snapshot.previous_hosts) each.direct = false;
  const tracing::Fact fact = Fact(snapshot);
  CHECK(fact.finding == Finding::kNotKnown);
  CHECK_FALSE(fact.upstream.has_value());
  CHECK(fact.one_of == 2);
  CHECK(fact.gaps == std::vector<std::string>{"same_service"});
  CheckComesBack(fact);
}

TEST_CASE("a session at the host's own terminal ends at the console") {
  for (const char* terminal : {"tty1", "ttyS0", "hvc0", "console"}) {
    INFO(terminal);
    const tracing::Fact fact = Fact(Shell(terminal));
    CHECK(fact.finding == Finding::kConsole);
    CHECK(fact.sure);
    CHECK(Pids(fact) == std::vector<uint32_t>{4});
    CheckComesBack(fact);
  }
  // sshd has let somebody in, and it is not known from where.
  host::Snapshot snapshot = Shell("pts/1");
  CHECK(Fact(snapshot).finding == Finding::kNotKnown);
  // In a window or a multiplexer, as far as can be told.
  snapshot.processes[2].executable = "/usr/bin/xterm";
  const tracing::Fact window = Fact(snapshot);
  CHECK(window.finding == Finding::kConsole);
  CHECK_FALSE(window.sure);
}

TEST_CASE("the way to the console is that to the process that hangs at it") {
  host::Snapshot snapshot = Shell("");
  snapshot.processes[2].terminal = "tty2";
  CHECK(Pids(Fact(snapshot)) == std::vector<uint32_t>{4, 3, 2});
}

TEST_CASE("a login from nowhere else at a terminal of the host is the console") {
  host::Snapshot snapshot = Shell("");
  snapshot.logins = {LoginAt("tty2", "", 2)};
  CHECK(Fact(snapshot).finding == Finding::kConsole);
  snapshot.logins[0].from = "192.0.2.77";
  CHECK(Fact(snapshot).finding != Finding::kConsole);
  // Anybody can have such an entry written for a pseudo terminal.
  snapshot.logins[0] = LoginAt("pts/2", "", 2);
  CHECK(Fact(snapshot).finding != Finding::kConsole);
  // Of a process that is not above.
  snapshot.logins[0] = LoginAt("tty2", "", 77);
  CHECK(Fact(snapshot).finding != Finding::kConsole);
}

TEST_CASE("where terminals are not kept, root's program for logins stands for one") {
  host::Snapshot snapshot = Shell("");
  snapshot.processes[2].executable = "/usr/bin/login";
  CHECK(Fact(snapshot).finding == Finding::kConsole);
  snapshot.processes[2].terminal = "pts/2";  // telnet's
  CHECK(Fact(snapshot).finding != Finding::kConsole);
  snapshot.processes[2].terminal = "";
  snapshot.processes[2].effective_uid = kEve;
  CHECK(Fact(snapshot).finding != Finding::kConsole);
}

TEST_CASE("a console is not sure beside what could not be seen, or if it was met by another way") {
  host::Snapshot snapshot = Shell("tty1");
  snapshot.not_seen = {{.gap = host::Gap::kDatagrams, .pid = 3, .detail = {}}};
  tracing::Fact fact = Fact(snapshot);
  CHECK(fact.finding == Finding::kConsole);
  CHECK_FALSE(fact.sure);
  CHECK(fact.gaps == std::vector<std::string>{"datagrams"});
  // A multiplexer's client at the console.
  snapshot = Shell("pts/3");
  snapshot.processes.push_back(Made(20, 1, Relation::kUnix, 3, kEve, "/usr/bin/tmux"));
  snapshot.processes.back().terminal = "tty1";
  fact = Fact(snapshot);
  CHECK(fact.finding == Finding::kConsole);
  CHECK_FALSE(fact.sure);
  CHECK(Pids(fact) == std::vector<uint32_t>{4, 3, 20});
}

TEST_CASE("a process that no session drives is told if the way up is known whole") {
  const auto finding = [](auto change) {
    host::Snapshot snapshot = Shell("");
    snapshot.processes[2].executable = "/usr/sbin/cron";
    change(snapshot);
    const tracing::Fact fact = Fact(snapshot);
    CHECK(fact.sure == (fact.finding == Finding::kProcess));
    CHECK(Pids(fact).front() == 4);
    CheckComesBack(fact);
    return fact.finding;
  };
  CHECK(finding([](host::Snapshot&) {}) == Finding::kProcess);
  // Somebody was let in, and it is not known from where.
  CHECK(finding([](host::Snapshot& snapshot) {
          snapshot.processes[2].executable = "/usr/sbin/sshd";
        }) == Finding::kNotKnown);
  CHECK(finding([](host::Snapshot& snapshot) {
          snapshot.not_seen = {{.gap = host::Gap::kSharedMemory, .pid = 3, .detail = {}}};
        }) == Finding::kNotKnown);
  CHECK(finding([](host::Snapshot& snapshot) { snapshot.truncated = true; }) == Finding::kNotKnown);
  // A process above was not kept.
  CHECK(finding([](host::Snapshot& snapshot) { snapshot.processes.resize(2); }) ==
        Finding::kNotKnown);
  // As a reverse shell has one.
  CHECK(finding([](host::Snapshot& snapshot) {
          snapshot.other_connections = {Beside(host::Bystander::kOutbound)};
        }) == Finding::kNotKnown);
  CHECK(finding([](host::Snapshot& snapshot) {
          snapshot.other_connections = {Beside(host::Bystander::kUserNamespace)};
        }) == Finding::kNotKnown);
  CHECK(finding([](host::Snapshot& snapshot) {
          snapshot.other_connections = {Beside(host::Bystander::kSameUser)};
        }) == Finding::kProcess);
}

TEST_CASE("a walk that ended early finds neither console nor process") {
  host::Snapshot snapshot = Shell("tty1");
  snapshot.truncated = true;
  snapshot.truncated_by = "time";
  const tracing::Fact fact = Fact(snapshot);
  CHECK(fact.finding == Finding::kNotKnown);
  CHECK(fact.gaps == std::vector<std::string>{"truncated"});
}

TEST_CASE("without processes it is gone, or could not be looked at, or is nobody's") {
  host::Snapshot snapshot;
  CHECK(Fact(snapshot).finding == Finding::kNoSuchConnection);
  CHECK(Fact(snapshot, true).finding == Finding::kNoSuchConnection);
  snapshot.truncated = true;
  CHECK(Fact(snapshot).finding == Finding::kFailed);
  snapshot.truncated = false;
  snapshot.not_seen = {{.gap = host::Gap::kOwner, .detail = {}}};
  CHECK(Fact(snapshot).finding == Finding::kNotKnown);
  CHECK(Fact(snapshot).gaps == std::vector<std::string>{"owner"});
}

TEST_CASE("at the target the way in is the connection itself, and the steps are its owners") {
  host::Snapshot snapshot;
  snapshot.processes = {Made(2, 9, Relation::kOwner, 0, 0, "/usr/sbin/sshd"),
                        Made(3, 2, Relation::kOwner, 0, kEve, "/usr/sbin/sshd"),
                        Made(9, 1, Relation::kParent, 2, 0, "/usr/sbin/sshd"),
                        Made(4, 3, Relation::kTerminal, 3, kEve, "/bin/bash"),
                        Made(8, 1, Relation::kUnix, 3, 0, "/usr/bin/dbus-daemon")};
  snapshot.processes[4].not_followed = "service";
  snapshot.previous_hosts = {
      {.local = kAsked.local, .remote = kAsked.remote, .pid = 2, .path = {2}}};
  const tracing::Fact fact = Fact(snapshot, true);
  CHECK(fact.asked_is_inbound);
  CHECK(fact.finding == Finding::kUpstream);
  CHECK(fact.upstream == fact.asked);
  CHECK(fact.sure);
  CHECK(Pids(fact) == std::vector<uint32_t>{2, 3, 4});
  CheckComesBack(fact);
  // Asked as one that this host opened, it does not drive itself.
  CHECK(Fact(snapshot).finding != Finding::kUpstream);
}

TEST_CASE("of a long way both ends are told, and how much is left out") {
  host::Snapshot snapshot;
  std::vector<uint32_t> path;
  for (uint32_t pid = 100; pid < 130; ++pid) {
    const auto relation = pid == 100 ? Relation::kOwner : Relation::kPipe;
    snapshot.processes.push_back(
        Made(pid, 1, relation, pid == 100 ? 0 : pid - 1, kEve, "/bin/cat"));
    path.push_back(pid);
  }
  path.push_back(131);  // was not kept
  snapshot.previous_hosts = {From("192.0.2.1", 1, path)};
  const tracing::Fact fact = Fact(snapshot);
  CHECK(fact.steps.size() == tracing::kMostSteps);
  CHECK(fact.steps.front().pid == 100);
  CHECK(fact.steps.back().pid == 129);
  CHECK(fact.steps_left_out == 15);
}

TEST_CASE("ways that lead round in a circle end") {
  host::Snapshot snapshot = Shell("pts/1");
  snapshot.processes[2].parent = 4;
  snapshot.processes[2].related_to = 3;
  snapshot.processes[1].related_to = 2;
  snapshot.processes.push_back(Made(20, 20, Relation::kUnix, 20, kEve, "/usr/bin/tmux"));
  snapshot.processes.back().terminal = "tty1";
  CHECK(Pids(Fact(snapshot)) == std::vector<uint32_t>{20});
}

TEST_CASE("gaps are told once each, and links") {
  host::Snapshot snapshot = Shell("pts/1");
  snapshot.not_seen = {{.gap = host::Gap::kRing, .pid = 3, .detail = {}},
                       {.gap = host::Gap::kDatagrams, .pid = 3, .detail = {}},
                       {.gap = host::Gap::kRing, .pid = 4, .detail = {}}};
  snapshot.links.assign(tracing::kMostLinks + 1, {.outbound_local = End("192.0.2.5", 1),
                                                  .outbound_remote = End("192.0.2.1", 22),
                                                  .inbound_local = End("192.0.2.5", 22),
                                                  .inbound_remote = End("192.0.2.2", 3),
                                                  .sure = false});
  const tracing::Fact fact = Fact(snapshot);
  CHECK(fact.gaps == std::vector<std::string>{"datagrams", "ring"});
  REQUIRE(fact.links.size() == tracing::kMostLinks);
  CHECK(fact.links[0].outbound.remote == End("192.0.2.1", 22));
  CHECK(fact.links[0].inbound.remote == End("192.0.2.2", 3));
  CHECK_FALSE(fact.links[0].sure);
  CheckComesBack(fact);
}

}  // namespace
}  // namespace cairn::daemon
