// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_ANSWER_BATCH_H_
#define CAIRN_TRACEBACK_DAEMON_ANSWER_BATCH_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <utility>

#include "traceback/daemon/channel.h"
#include "traceback/tokens/token_store.h"

namespace cairn::daemon {

// Answers that wait until what was noted about them is on disk, one sync for all of them, and then
// until the front has room.  Thread-compatible.
class AnswerBatch {
 public:
  using Clock = std::chrono::steady_clock;

  void Add(Answer answer) {
    answers_.push_back(std::move(answer));
    ++unsynced_;
  }
  bool empty() const { return answers_.empty(); }

  // Syncs the journal, then sends as many as there is room for.  A fault of the sync is logged, and
  // the answers leave all the same: what a requester gets must not tell it of the state of the
  // disk. False: the front has gone, or has not read for ten seconds.
  bool Send(tokens::TokenStore& store, Channel& channel, Clock::time_point now);

 private:
  void Sync(tokens::TokenStore& store);

  std::deque<Answer> answers_;
  size_t unsynced_ = 0;  // of them, the last
  Clock::time_point flushed_ = Clock::now();
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_ANSWER_BATCH_H_
