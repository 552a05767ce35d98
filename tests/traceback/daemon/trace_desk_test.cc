// SPDX-License-Identifier: BSD-3-Clause
// Whose looks come when an agent asks for many.
#include "traceback/daemon/trace_desk.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "traceback/daemon/walk_report.h"
#include "traceback/sockets/socket_address.h"

namespace cairn::daemon {
namespace {

using TraceDeskClock = WalkQueue::Clock;

constexpr uint64_t kTraceDeskGreedy = 7;
constexpr uint64_t kTraceDeskHonest = 8;

int Walk(const WalkJob& job, pid_t /*parent*/, int pipe) {
  WalkReportWriter report(pipe);
  host::Snapshot snapshot;
  report.Looked(snapshot);
  for (size_t i = 0; i < job.connections.size(); ++i) report.Walked(i, snapshot, false);
  report.End();
  return 0;
}

class Words : public tracing::Signer {
 public:
  absl::StatusOr<std::string> Sign(uint16_t /*scheme*/, std::string_view /*text*/) override {
    return std::string("signed");
  }
};

// A connection of this host to itself.
class Pair {
 public:
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto any = sockets::SocketAddressOf({.ip = *IpAddress::Parse("127.0.0.1"), .port = 0});
    REQUIRE(bind(listener, any.get(), any.size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    const Endpoint there = sockets::LocalEnd(listener);
    const auto to = sockets::SocketAddressOf(there);
    client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(connect(client_, to.get(), to.size) == 0);
    server_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    close(listener);
    connection = {.local = sockets::LocalEnd(client_), .remote = there};
  }
  ~Pair() {
    close(client_);
    close(server_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  tracing::Connection connection;

 private:
  int client_ = -1;
  int server_ = -1;
};

class Desk {
 public:
  Desk() : inspector_(*host::Inspector::Open({})) {
    queue_ = std::make_unique<WalkQueue>(Options(), *inspector_, Walk);
    desk_.emplace(*inspector_, *queue_, signer_, uint16_t{1});
  }

  void Ask(uint64_t look, uint64_t asker, const tracing::Connection& connection) {
    desk_->Handle({.look = look, .connection = connection, .may_be_inbound = true, .asker = asker},
                  PacketTime::FromNanoseconds(1));
    TakeReplies();
  }
  // One turn of the loop.
  void Turn() {
    queue_->Start(TraceDeskClock::now(), PacketTime::FromNanoseconds(5));
    std::vector<pollfd> polled;
    queue_->AppendPolled(polled);
    poll(polled.data(), polled.size(), 2);
    queue_->Step(TraceDeskClock::now(), polled);
    while (const std::optional<Walked> walked = queue_->Take()) {
      CHECK(desk_->Take(*walked, PacketTime::FromNanoseconds(6)));
    }
    TakeReplies();
  }
  void Await(uint64_t look) {
    const auto patience = TraceDeskClock::now() + std::chrono::seconds(20);
    while (!facts.contains(look)) {
      REQUIRE(TraceDeskClock::now() < patience);
      Turn();
    }
  }
  TraceDesk& desk() { return *desk_; }

  std::set<uint64_t> facts;    // looks that were answered
  std::set<uint64_t> refused;  // and those that were not

 private:
  void TakeReplies() {
    while (const std::optional<tracing::LookReply> reply = desk_->Next()) {
      (reply->error.empty() ? facts : refused).insert(reply->look);
    }
  }

  std::unique_ptr<host::Inspector> inspector_;
  Words signer_;
  std::unique_ptr<WalkQueue> queue_;
  std::optional<TraceDesk> desk_;
};

TEST_CASE("an asker that asks much waits for itself, and not others for it") {
  Desk desk;
  // Each of its own: those about one connection would share a walk.
  std::vector<Pair> greedy(TraceDesk::kMostWaiting + 20);
  const Pair honest;
  uint64_t look = 1;
  for (const Pair& each : greedy) desk.Ask(look++, kTraceDeskGreedy, each.connection);
  CHECK_FALSE(desk.refused.empty());
  const size_t refused_before = desk.refused.size();
  constexpr uint64_t kHonestLook = 1000;
  desk.Ask(kHonestLook, kTraceDeskHonest, honest.connection);
  // Of those of the greedy one, the newest gave way.
  CHECK(desk.refused.size() == refused_before + 1);
  CHECK_FALSE(desk.refused.contains(kHonestLook));
  CHECK_FALSE(desk.refused.contains(1));
  desk.Await(kHonestLook);
  CHECK(desk.facts.size() <= 1 + 2 * TraceDesk::kMostOfOne);
  while (desk.facts.size() + desk.refused.size() < greedy.size() + 1) desk.Turn();
  CHECK(desk.desk().counters().refused == desk.refused.size());
}

TEST_CASE("all askers together have but a few places among those who wait for walks") {
  Desk desk;
  std::vector<Pair> pairs(3 * TraceDesk::kMostAtWork);
  uint64_t look = 1;
  const uint64_t first = desk.desk().next_tag();
  for (const Pair& each : pairs) {
    desk.Ask(look, 100 + look, each.connection);
    ++look;
  }
  CHECK(desk.desk().next_tag() == first + TraceDesk::kMostAtWork);
  CHECK(desk.refused.empty());
  for (uint64_t each = 1; each < look; ++each) desk.Await(each);
}

}  // namespace
}  // namespace cairn::daemon
