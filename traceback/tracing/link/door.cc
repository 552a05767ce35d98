// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/door.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "base/wall_clock.h"
#include "traceback/sockets/socket_address.h"
#include "traceback/tracing/link/own_end.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostAcceptedAtOnce = 64;
constexpr size_t kSessionBytes = 32;
constexpr std::chrono::milliseconds kRest{100};

// Empty: there is no randomness.
std::string RandomSession() {
  std::string session(kSessionBytes, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(session.data());
  return RAND_bytes(bytes, static_cast<int>(session.size())) == 1 ? session : std::string();
}

}  // namespace

absl::Status Door::Open() {
  for (const IpAddress& address : all_->options.addresses) {
    int error = 0;
    const Endpoint at = {.ip = address, .port = all_->options.port};
    UniqueFd listener = Listen(at, error);
    if (!listener.is_open()) {
      return absl::UnavailableError(
          fmt::format("cannot listen at {} for tracing: {}; choose another address or port "
                      "(tracing.addresses, tracing.port), or stop what listens there",
                      at.ToString(), std::generic_category().message(error)));
    }
    listeners_.push_back(std::move(listener));
  }
  return absl::OkStatus();
}

void Door::AppendTo(std::vector<pollfd>& polled) const {
  for (const UniqueFd& each : listeners_) {
    if (!rests_until_.has_value()) AppendPolled(polled, each.get(), POLLIN);
  }
  for (const Stranger& each : strangers_) {
    AppendPolled(polled, each.connection->descriptor(), each.connection->events(false));
  }
}

std::optional<Door::Clock::time_point> Door::NextDeadline() const {
  std::optional<Clock::time_point> first = rests_until_;
  if (!strangers_.empty() && (!first.has_value() || strangers_.front().until < *first)) {
    first = strangers_.front().until;
  }
  return first;
}

void Door::Step(Clock::time_point now, const Happened& happened, std::vector<Arrival>& arrivals) {
  // Who is inside goes on before others may take its place.
  std::erase_if(strangers_,
                [&](Stranger& each) { return StepStranger(each, now, happened, arrivals); });
  if (rests_until_.has_value() && now >= *rests_until_) rests_until_ = std::nullopt;
  for (const UniqueFd& each : listeners_) {
    if (HappenedTo(happened, each.get()) != 0) AcceptAt(each, now);
  }
}

// True: it is not here any more.
bool Door::StepStranger(Stranger& stranger, Clock::time_point now, const Happened& happened,
                        std::vector<Arrival>& arrivals) {
  Stream& connection = *stranger.connection;
  const Stream::State state = connection.Step(HappenedTo(happened, connection.descriptor()), false);
  if (state == Stream::State::kReady) {
    ++all_->counters.handshakes;
    rates_.GiveBack(stranger.source, now);
    arrivals.push_back({.connection = std::move(stranger.connection), .address = stranger.address});
    return true;
  }
  if (connection.ended()) {
    ++all_->counters.handshakes_failed;
    const LinkEnd end = connection.failure().end;
    if (end == LinkEnd::kInvalid) ++all_->counters.invalid;
    if (end == LinkEnd::kDistrusted) {
      arrivals.push_back(
          {.connection = std::move(stranger.connection), .address = stranger.address});
    }
    return true;
  }
  if (now < stranger.until) return false;
  ++all_->counters.timed_out;
  return true;
}

void Door::AcceptAt(const UniqueFd& listener, Clock::time_point now) {
  for (size_t i = 0; i < kMostAcceptedAtOnce; ++i) {
    int error = 0;
    std::optional<Accepted> accepted = Accept(listener.get(), error);
    if (!accepted.has_value()) {
      // poll() would tell of it again and again.
      if (error != 0) rests_until_ = now + kRest;
      return;
    }
    LetIn(*std::move(accepted), now);
  }
}

void Door::LetIn(Accepted accepted, Clock::time_point now) {
  ++all_->counters.accepted;
  const IpAddress own = sockets::LocalEnd(accepted.descriptor.get()).ip;
  const IpAddress source = SourceOf(accepted.from.ip, own);
  if (!rates_.Allows(source, now)) {
    ++all_->counters.refused_rate;
    return;
  }
  std::string session = RandomSession();
  if (session.empty() || !MakeRoom(source)) {
    ++all_->counters.refused_busy;
    return;
  }
  auto connection = std::make_unique<Stream>(std::move(accepted.descriptor), *all_->transport,
                                             accepted.from.ip, std::move(session), all_->counters);
  strangers_.push_back({.connection = std::move(connection),
                        .address = accepted.from.ip,
                        .source = source,
                        .until = now + ToChrono(all_->options.handshake_timeout)});
}

bool Door::MakeRoom(const IpAddress& source) {
  if (strangers_.size() < all_->options.max_handshakes) return true;
  const auto is_other = [&source](const Stranger& each) { return each.source != source; };
  auto leaves = std::find_if(strangers_.begin(), strangers_.end(), [&](const Stranger& each) {
    return is_other(each) && each.connection->state() == Stream::State::kGreeting;
  });
  if (leaves == strangers_.end()) {
    leaves = std::find_if(strangers_.begin(), strangers_.end(), is_other);
  }
  if (leaves == strangers_.end()) return false;
  ++all_->counters.refused_busy;
  strangers_.erase(leaves);
  return true;
}

}  // namespace cairn::tracing
