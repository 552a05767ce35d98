// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/answer_batch.h"

#include <string>

#include "fmt/format.h"

#include "traceback/daemon/log.h"

namespace cairn::daemon {
namespace {

constexpr std::chrono::seconds kPatience{10};  // with a front that does not read

}  // namespace

bool AnswerBatch::Send(tokens::TokenStore& store, Channel& channel, Clock::time_point now) {
  Sync(store);
  while (!answers_.empty()) {
    const Channel::SendState state = channel.Send(answers_.front());
    if (state == Channel::SendState::kClosed) return false;
    if (state == Channel::SendState::kFull) return now - flushed_ < kPatience;
    answers_.pop_front();
  }
  flushed_ = now;
  return true;
}

void AnswerBatch::Sync(tokens::TokenStore& store) {
  const size_t answers = std::exchange(unsynced_, 0);
  if (answers == 0) return;
  const absl::Status synced = store.Sync();
  if (synced.ok()) return;
  Log(Level::kError,
      fmt::format("{} answers go out though the journal may lack their lines after a power cut: {}",
                  answers, std::string(synced.message())));
}

}  // namespace cairn::daemon
