// SPDX-License-Identifier: BSD-3-Clause
// What must not lead a walk to strangers, or away from who it looks for.
#include <signal.h>
#include <unistd.h>

#include <set>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traceback/host/walk_rig.h"
#include "traceback/host/host_facts.h"
#include "traceback/host/walk.h"

namespace cairn::host {
namespace {

constexpr uid_t kService = 33;
constexpr uid_t kWalkTrapsAlice = 4242;
constexpr uid_t kBob = 4243;

TEST_CASE("the other clients of a service are none of a session's") {
  if (!IsRoot()) return;
  const bool by_tcp = GENERATE(true, false);
  Opened all;
  const int listener = by_tcp ? TcpListener() : UnixListener();
  const Ends first = Client(listener);  // the client's end, the service's
  const Ends second = Client(listener);
  Asked asked;
  all.Add({listener, asked.connection.client, asked.connection.listener});
  all.Add(first);
  all.Add(second);
  Family family;
  const uint32_t service =
      family.Child(all.But({listener, first[1], second[1]}), [] { Become(kService); });
  const uint32_t stranger = family.Child(all.But({second[0]}), [] { Become(kBob); });
  const uint32_t owner =
      family.Child(all.But({first[0], asked.connection.client}), [] { Become(kWalkTrapsAlice); });
  all.Close();
  asked.connection.client = asked.connection.listener = -1;
  const Snapshot snapshot = asked.Walk();
  REQUIRE(Find(snapshot, owner) != nullptr);
  REQUIRE(Find(snapshot, service) != nullptr);
  CHECK(Find(snapshot, service)->not_followed == "shared_service");
  CHECK(Find(snapshot, stranger) == nullptr);
  const NotSeen* gap = FindGap(snapshot, Gap::kSameService, service);
  REQUIRE(gap != nullptr);
  CHECK(gap->count == 1);
}

TEST_CASE("a system user's process with peers of many users is a hub") {
  if (!IsRoot()) return;
  const bool many_users = GENERATE(true, false);
  Options options;
  options.max_peers = 4;
  Asked asked;
  Opened all;
  all.Add({asked.connection.client, asked.connection.listener});
  const Ends to_hub = SocketPair();
  all.Add(to_hub);
  std::vector<Ends> others;
  std::set<int> of_hub = {to_hub[1]};
  for (int i = 0; i < 6; ++i) {
    others.push_back(SocketPair());
    all.Add(others.back());
    of_hub.insert(others.back()[0]);
  }
  Family family;
  const uint32_t hub = family.Child(all.But(of_hub), [] { Become(kService); });
  std::vector<uint32_t> peers;
  for (size_t i = 0; i < others.size(); ++i) {
    const uid_t uid = kBob + (many_users ? static_cast<uid_t>(i) : 0);
    peers.push_back(family.Child(all.But({others[i][1]}), [uid] { Become(uid); }));
  }
  family.Child(all.But({to_hub[0], asked.connection.client}), [] { Become(kWalkTrapsAlice); });
  all.Close();
  asked.connection.client = asked.connection.listener = -1;
  const Snapshot snapshot = asked.Walk(options);
  REQUIRE(Find(snapshot, hub) != nullptr);
  CHECK(Find(snapshot, hub)->not_followed == (many_users ? "hub" : ""));
  CHECK((FindGap(snapshot, Gap::kNotFollowed, hub) != nullptr) == many_users);
  for (const uint32_t peer : peers) CHECK((Find(snapshot, peer) == nullptr) == many_users);
}

TEST_CASE("a supervisor above a session of root's does not lead to all that it supervises") {
  if (!IsRoot()) return;
  Options options;
  options.max_peers = 4;
  Asked asked;
  std::vector<Ends> pairs;
  Opened all;
  all.Add({asked.connection.client, asked.connection.listener});
  for (int i = 0; i < 6; ++i) {
    pairs.push_back(SocketPair());
    all.Add(pairs.back());
  }
  Family family;
  std::vector<uint32_t> supervised;
  for (const Ends& pair : pairs) supervised.push_back(family.Child(all.But({pair[1]})));
  family.Child(all.But({asked.connection.client}));
  for (const Ends& pair : pairs) close(pair[1]);
  close(std::exchange(asked.connection.client, -1));
  asked.connection.CloseListener();
  const Snapshot snapshot = asked.Walk(options);
  const Process* supervisor = Find(snapshot, static_cast<uint32_t>(getpid()));
  REQUIRE(supervisor != nullptr);
  CHECK(supervisor->not_followed == "hub");
  for (const uint32_t pid : supervised) CHECK(Find(snapshot, pid) == nullptr);
  for (const Ends& pair : pairs) close(pair[0]);
}

TEST_CASE("a crowd of holders does not push the parent out") {
  Asked asked;
  Family family;
  constexpr int kCrowd = 60;
  Options options;
  options.max_processes = 20;
  for (int i = 0; i < kCrowd; ++i) family.Child({asked.connection.listener});
  close(std::exchange(asked.connection.client, -1));
  const Snapshot snapshot = asked.Walk(options);
  CHECK(Find(snapshot, static_cast<uint32_t>(getpid())) != nullptr);
  CHECK(snapshot.processes.front().identical == kCrowd - 1);
  CHECK_FALSE(snapshot.truncated);
}

TEST_CASE("a crowd of holders that differ does not push the parent out") {
  Asked asked;
  Family family;
  constexpr int kCrowd = 60;
  Options options;
  options.max_processes = 20;
  for (int i = 0; i < kCrowd; ++i) {
    family.Child({asked.connection.listener}, [] { SocketPair(); });  // each has its own
  }
  close(std::exchange(asked.connection.client, -1));
  const Snapshot snapshot = asked.Walk(options);
  CHECK(Find(snapshot, static_cast<uint32_t>(getpid())) != nullptr);
  CHECK(Find(snapshot, 1) != nullptr);
  CHECK(snapshot.processes.size() <= 20);
  CHECK(snapshot.truncated);
  CHECK(snapshot.truncated_by == "processes");
}

TEST_CASE("a process that lets go of the connection before it is read is dropped") {
  Asked asked;
  Family family;
  static int held = -1;
  held = asked.connection.client;
  const uint32_t owner =
      family.Child({asked.connection.listener}, [] { signal(SIGUSR1, [](int) { close(held); }); });
  const uint32_t other = family.Child({asked.connection.listener});
  close(std::exchange(asked.connection.client, -1));
  const Options options;
  const ProcFolder proc("/proc");
  SockDiag diag = *SockDiag::Open();
  ExecutableHashes hashes(0);
  DescriptorIndex index(proc);
  SocketTables tables(proc, diag);
  const auto found =
      TheInspector().Find(asked.connection.client_end, asked.connection.server_end, false);
  REQUIRE(found.ok());
  kill(static_cast<pid_t>(owner), SIGUSR1);
  usleep(100'000);
  ProcessReader reader(options, proc, hashes, ReadHostFacts(proc).boot_time);
  Walk walk(options, proc, reader, index, tables);
  Snapshot snapshot;
  walk.From(found->inode, found->uid, snapshot);
  CHECK(Find(snapshot, owner) == nullptr);
  CHECK(Find(snapshot, other) != nullptr);
}

}  // namespace
}  // namespace cairn::host
