// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/asker.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <utility>

namespace cairn::daemon {

Asker::Asker(uint64_t id, UniqueFd descriptor, Endpoint peer, Endpoint here,
             Clock::time_point deadline)
    : id_(id), descriptor_(std::move(descriptor)), peer_(peer), here_(here), deadline_(deadline) {}

short Asker::events() const {
  if (!to_send_.empty()) return POLLOUT;
  // While a line waits for its answer, more of them wait in the kernel.
  return state_ == State::kReading && !ended_ ? short{POLLIN} : short{0};
}

void Asker::Step(short ready) {
  if (state_ == State::kFinished) return;
  if (!to_send_.empty() && (ready & (POLLOUT | POLLERR | POLLHUP)) != 0) Send();
  if (state_ == State::kReading && (ready & (POLLIN | POLLHUP | POLLERR)) != 0) Receive();
  if (state_ == State::kWaiting && (ready & (POLLERR | POLLHUP)) != 0) Finish();
}

void Asker::Receive() {
  const std::span<char> room = received_.Room();
  if (room.empty()) return;
  const ssize_t got = recv(descriptor_.get(), room.data(), room.size(), 0);
  if (got > 0) {
    received_.Commit(static_cast<size_t>(got));
  } else if (got == 0) {
    ended_ = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    Finish();
  }
}

std::optional<std::string_view> Asker::NextLine() {
  if (state_ != State::kReading || !to_send_.empty()) return std::nullopt;
  const std::optional<std::string_view> line = received_.Next();
  if (line.has_value()) {
    state_ = State::kWaiting;
    return line;
  }
  is_too_long_ = received_.IsTooLong();
  if (ended_ || is_too_long_) Finish();
  return std::nullopt;
}

void Asker::Answer(std::string_view line) {
  if (state_ != State::kWaiting) return;
  state_ = State::kReading;
  to_send_ += line;
  Send();
}

void Asker::Send() {
  const ssize_t sent = send(descriptor_.get(), to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
  if (sent > 0) to_send_.erase(0, static_cast<size_t>(sent));
  if (sent < 0 && errno != EAGAIN && errno != EINTR) Finish();
}

}  // namespace cairn::daemon
