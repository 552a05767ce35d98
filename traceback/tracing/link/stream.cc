// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

constexpr size_t kBlockBytes = 16 << 10;
constexpr size_t kMostBytesPerStep = 64 << 10;
// Of one who has not proven who it is: a chain of certificates and little else.
constexpr uint64_t kMostUnprovenBytes = 40 << 10;

}  // namespace

Stream::Stream(UniqueFd descriptor, std::unique_ptr<Channel> channel, State state,
               LinkCounters& counters)
    : descriptor_(std::move(descriptor)),
      channel_(std::move(channel)),
      state_(state),
      counters_(&counters) {}

Stream::Stream(UniqueFd descriptor, Transport& transport, const IpAddress& source,
               std::string session, LinkCounters& counters)
    : descriptor_(std::move(descriptor)),
      state_(State::kGreeting),
      counters_(&counters),
      transport_(&transport),
      source_(source),
      session_(std::move(session)) {}

short Stream::events(bool reading) const {
  if (state_ == State::kConnecting) return POLLOUT;
  const bool reads = !at_end_ && (state_ != State::kReady || reading);
  return static_cast<short>((reads ? POLLIN : 0) | (output_.empty() ? 0 : POLLOUT));
}

Stream::State Stream::Step(short happened, bool reading) {
  if (ended() || happened == 0) return state_;
  if (state_ == State::kConnecting) {
    Connect();
  } else if (state_ != State::kReady || reading) {
    if ((happened & (POLLIN | POLLHUP | POLLERR)) != 0) Receive();
  }
  Advance();
  if (!output_.empty()) Flush();
  return state_;
}

void Stream::Connect() {
  const int error = ConnectError(descriptor());
  if (error == 0) {
    state_ = State::kHandshake;
  } else if (error == ECONNREFUSED) {
    Fail(LinkEnd::kRefused, "nobody listens there");
  } else {
    FailBroken(error);
  }
}

void Stream::Receive() {
  std::array<char, kBlockBytes> bytes;  // only what was received is read
  for (size_t taken = 0; taken < kMostBytesPerStep;) {
    const ssize_t got = recv(descriptor(), bytes.data(), bytes.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      // What came before is dealt with first: it may say why.
      at_end_ = true;
      end_error_ = got < 0 ? errno : 0;
      return;
    }
    const auto size = static_cast<size_t>(got);
    taken += size;
    received_ += size;
    counters_->bytes_received += size;
    if (state_ != State::kReady && received_ > kMostUnprovenBytes) {
      return Fail(LinkEnd::kInvalid, "too many bytes before it was proven who it is");
    }
    if (channel_ == nullptr) {
      greeting_.append(bytes.data(), size);
    } else {
      channel_->Take({bytes.data(), size});
    }
    if (size < bytes.size()) return;
  }
}

void Stream::Greet() {
  Greeting greeting = transport_->Greet(greeting_, source_, session_);
  output_ += greeting.output;
  switch (greeting.kind) {
    case Greeting::Kind::kMore:
      return;
    case Greeting::Kind::kRetry:
      greeting_.clear();
      return;
    case Greeting::Kind::kGoOn:
      greeting_ = std::string();
      channel_ = std::move(greeting.channel);
      state_ = State::kHandshake;
      return;
    case Greeting::Kind::kBad:
      Flush();
      return Fail(LinkEnd::kInvalid, "what came first is no TLS 1.3 of an agent");
  }
}

void Stream::Advance() {
  if (state_ == State::kGreeting && !greeting_.empty()) Greet();
  if (state_ == State::kHandshake) {
    const Channel::State state = channel_->Advance();
    output_ += std::exchange(channel_->output(), {});
    if (state == Channel::State::kReady) state_ = State::kReady;
    if (state == Channel::State::kFailed) {
      Flush();  // what is wrong with it
      if (!ended()) failure_ = channel_->failure();
      state_ = State::kFailed;
    }
  }
  if (at_end_ && (state_ == State::kGreeting || state_ == State::kHandshake))
    FailBroken(end_error_);
}

Stream::State Stream::Read(std::vector<std::string>& frames) {
  if (state_ != State::kReady) return state_;
  std::string plain;
  Channel::State state = Channel::State::kReady;
  for (bool more = true; more && state == Channel::State::kReady;) {
    plain.clear();
    state = channel_->Read(plain, kMostBytesPerStep);
    more = !plain.empty();
    frames_.Append(plain);
    absl::StatusOr<std::optional<std::string>> frame = frames_.Next();
    for (; frame.ok() && frame->has_value(); frame = frames_.Next()) {
      frames.push_back(*std::move(*frame));
    }
    if (!frame.ok()) {
      Fail(LinkEnd::kInvalid, std::string(frame.status().message()));
      return state_;
    }
  }
  output_ += std::exchange(channel_->output(), {});
  if (state == Channel::State::kFailed) {
    failure_ = channel_->failure();
    state_ = State::kFailed;
  } else if (state == Channel::State::kClosed) {
    state_ = State::kClosed;
  } else if (at_end_) {
    // Without the word that nothing more comes: somebody may have cut it.
    FailBroken(end_error_);
  }
  return state_;
}

void Stream::Write(std::string_view frame) {
  if (state_ != State::kReady) return;
  channel_->Write(frame);
  output_ += std::exchange(channel_->output(), {});
  Flush();
}

void Stream::Flush() {
  size_t sent = 0;
  while (sent < output_.size()) {
    const ssize_t got =
        send(descriptor(), output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      // What the peer has sent before is still to be read; that tells of the end, too.
      if (errno != EAGAIN) output_.clear();
      break;
    }
    sent += static_cast<size_t>(got);
  }
  counters_->bytes_sent += sent;
  output_.erase(0, std::min(sent, output_.size()));
}

void Stream::Finish() {
  if (state_ == State::kReady) {
    channel_->Finish();
    output_ += std::exchange(channel_->output(), {});
  }
  Flush();
  if (output_.empty()) shutdown(descriptor(), SHUT_WR);
}

bool Stream::Drain() {
  if (!output_.empty()) {
    Flush();
    if (output_.empty()) shutdown(descriptor(), SHUT_WR);
  }
  std::array<char, kBlockBytes> bytes;
  for (size_t taken = 0; taken < kMostBytesPerStep && !at_end_;) {
    const ssize_t got = recv(descriptor(), bytes.data(), bytes.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (got <= 0) at_end_ = true;
    if (got > 0) taken += static_cast<size_t>(got);
  }
  return output_.empty() && at_end_;
}

void Stream::Fail(LinkEnd end, std::string text) {
  failure_ = {.end = end, .distrust = Distrust::kNone, .text = std::move(text)};
  state_ = State::kFailed;
}

void Stream::FailBroken(int error) {
  const std::string why = error == 0 ? "it was closed" : std::generic_category().message(error);
  if (state_ == State::kConnecting) return Fail(LinkEnd::kUnreachable, why);
  if (state_ == State::kHandshake && received_ == 0) {
    return Fail(LinkEnd::kDenied,
                "closed before a word: it has too many connections, or too many of this host");
  }
  Fail(LinkEnd::kUnreachable, "the connection broke: " + why);
}

}  // namespace cairn::tracing
