// SPDX-License-Identifier: BSD-3-Clause
// In a program of its own, because it takes the place of fdatasync().
#include "traceback/daemon/answer_batch.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>

#include "catch2/catch.hpp"

namespace {

// What the test below wants to know at each sync.
int syncs = 0;
int messages_before_sync = 0;
int front_end = -1;
bool syncs_fail = false;

}  // namespace

extern "C" int fdatasync(int /*descriptor*/) {
  ++syncs;
  std::byte byte{};
  if (recv(front_end, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) ++messages_before_sync;
  if (!syncs_fail) return 0;
  errno = EIO;
  return -1;
}

namespace cairn::daemon {
namespace {

Answer Noted(tokens::TokenStore& store, uint64_t id) {
  Answer answer = {.id = id, .text = tokens::RandomToken(), .targets = {}};
  tokens::Asked asked;
  asked.time = PacketTime::FromNanoseconds(1'764'000'000'000'000'000);
  REQUIRE(store.NoteIdent(answer.text, asked, 1001, "alice").ok());
  return answer;
}

TEST_CASE("answers leave after one sync for all of them, also when it fails") {
  std::string folder = "/tmp/cairn_batch_XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()) == 0);
  {
    front_end = ends[1];
    Channel monitor{UniqueFd(ends[0])};
    Channel front{UniqueFd(ends[1])};
    tokens::Options options;
    options.folder = folder + "/store";
    options.min_free_bytes = 0;
    options.reserve_bytes = 0;
    auto store = tokens::TokenStore::Open(options, PacketTime::FromNanoseconds(1));
    REQUIRE(store.ok());
    AnswerBatch batch;
    for (const bool fails : {false, true}) {
      syncs_fail = fails;
      constexpr uint64_t kAnswers = 32;
      for (uint64_t id = 1; id <= kAnswers; ++id) batch.Add(Noted(**store, id));
      syncs = 0;
      REQUIRE(batch.Send(**store, monitor, AnswerBatch::Clock::now()));
      CHECK(syncs == 1);
      CHECK(messages_before_sync == 0);
      Message message;
      for (uint64_t id = 1; id <= kAnswers; ++id) {
        REQUIRE(front.Receive(message) == Channel::ReceiveState::kMessage);
        CHECK(std::get<Answer>(message).id == id);
      }
      CHECK(front.Receive(message) == Channel::ReceiveState::kNothing);
      CHECK((*store)->counters().unsynced == (fails ? 1 : 0));
    }
    // What was noted before is tried again, and then there is nothing to sync.
    syncs_fail = false;
    batch.Add({.id = 1, .text = "x", .targets = {}});
    REQUIRE(batch.Send(**store, monitor, AnswerBatch::Clock::now()));
    CHECK(syncs == 2);
    batch.Add({.id = 2, .text = "x", .targets = {}});
    REQUIRE(batch.Send(**store, monitor, AnswerBatch::Clock::now()));
    CHECK(syncs == 2);
    CHECK(batch.Send(**store, monitor, AnswerBatch::Clock::now()));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cairn::daemon
