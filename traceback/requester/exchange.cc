// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/requester/exchange.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "base/wall_clock.h"
#include "traceback/sockets/socket_address.h"

namespace cairn::requester {
namespace {

std::string Text(int error) { return std::generic_category().message(error); }

}  // namespace

std::string_view ResultName(Result result) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"answered", "refused", "unreachable", "timed_out", "closed", "malformed"});
  return kNames[static_cast<size_t>(result)];
}

bool IsPassing(Result result) {
  return result == Result::kUnreachable || result == Result::kTimedOut || result == Result::kClosed;
}

Exchange::Exchange(const Options& options, const Ask& ask, Clock::time_point now)
    : options_(options),
      ask_(ask),
      to_send_(stop::FormatRequest(ask.request)),
      deadline_(now + ToChrono(options.connect_timeout)) {
  Connect();
}

short Exchange::events() const {
  return !connected_ || !to_send_.empty() ? short{POLLOUT} : short{POLLIN};
}

void Exchange::Connect() {
  const IpAddress host = ask_.host.Unmapped();
  descriptor_ =
      UniqueFd(socket(sockets::FamilyOf(host), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor_.is_open()) return EndByError(errno);
  if (ask_.from.has_value()) {
    const auto from = sockets::SocketAddressOf({.ip = *ask_.from, .port = 0});
    if (bind(descriptor_.get(), from.get(), from.size) != 0) return EndByError(errno);
  }
  const auto to = sockets::SocketAddressOf({.ip = host, .port = options_.port});
  if (connect(descriptor_.get(), to.get(), to.size) == 0) {
    FinishConnect();
  } else if (errno != EINPROGRESS) {
    EndByError(errno);
  }
}

void Exchange::FinishConnect() {
  connected_ = true;
  deadline_ = Clock::now() + ToChrono(options_.reply_timeout);
  Send();
}

void Exchange::Step(Clock::time_point now) {
  if (Done()) return;
  if (!connected_) {
    pollfd waiting = {.fd = descriptor_.get(), .events = POLLOUT, .revents = 0};
    if (poll(&waiting, 1, 0) > 0) {
      int error = 0;
      socklen_t size = sizeof(error);
      if (getsockopt(descriptor_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
      if (error != 0) return EndByError(error);
      FinishConnect();
    }
  } else if (!to_send_.empty()) {
    Send();
  } else {
    Receive();
  }
  if (Done() || now < deadline_) return;
  if (connected_) {
    End(Result::kTimedOut, "no reply in time");
  } else {
    End(Result::kUnreachable, "no connection in time");
  }
}

void Exchange::Send() {
  const ssize_t sent = send(descriptor_.get(), to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
  if (sent > 0) to_send_.erase(0, static_cast<size_t>(sent));
  if (sent < 0 && errno != EAGAIN && errno != EINTR) EndByError(errno);
}

void Exchange::Receive() {
  const std::span<char> room = received_.Room();
  const ssize_t got = recv(descriptor_.get(), room.data(), room.size(), 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) EndByError(errno);
    return;
  }
  if (got == 0) return End(Result::kClosed, "closed without a reply");
  received_.Commit(static_cast<size_t>(got));
  if (const std::optional<std::string_view> line = received_.Next(); line.has_value()) {
    TakeLine(*line);
  } else if (received_.IsTooLong()) {
    End(Result::kMalformed, "the reply is too long");
  }
}

void Exchange::TakeLine(std::string_view line) {
  absl::StatusOr<stop::Reply> reply = stop::ParseReply(line);
  if (!reply.ok()) return End(Result::kMalformed, std::string(reply.status().message()));
  // A host that cannot read the ports answers with zeros.
  if (reply->ports != ask_.request.ports && reply->error.empty()) {
    return End(Result::kMalformed, "the reply is about other ports");
  }
  End(Result::kAnswered);
  outcome_->reply = *std::move(reply);
}

void Exchange::End(Result result, std::string detail) {
  outcome_ = {.ask = ask_, .result = result, .reply = {}, .detail = std::move(detail)};
}

void Exchange::EndByError(int error) {
  if (error == ECONNREFUSED) return End(Result::kRefused, "nothing listens there");
  if (error == ECONNRESET || error == EPIPE) return End(Result::kClosed, Text(error));
  End(Result::kUnreachable, Text(error));
}

}  // namespace cairn::requester
