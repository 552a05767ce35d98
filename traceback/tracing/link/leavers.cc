// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "traceback/tracing/link/peer_link.h"

namespace cairn::tracing {
namespace {

constexpr std::chrono::seconds kPatience{1};

}  // namespace

void AppendPolled(std::vector<pollfd>& polled, int descriptor, short events) {
  // Without events, poll() would tell again and again of one that is broken.
  if (events != 0) polled.push_back({.fd = descriptor, .events = events, .revents = 0});
}

void Leavers::Take(std::unique_ptr<Stream> connection, Clock::time_point now) {
  if (connection == nullptr || connection->ended()) return;
  connection->Finish();
  if (connection->Drain()) return;
  if (leavers_.size() >= kMost) leavers_.pop_front();
  leavers_.push_back({.connection = std::move(connection), .until = now + kPatience});
}

void Leavers::AppendTo(std::vector<pollfd>& polled) const {
  for (const Leaver& each : leavers_) {
    AppendPolled(polled, each.connection->descriptor(), each.connection->events(true));
  }
}

std::optional<Leavers::Clock::time_point> Leavers::NextDeadline() const {
  if (leavers_.empty()) return std::nullopt;
  return leavers_.front().until;
}

void Leavers::Step(Clock::time_point now, const Happened& happened) {
  std::erase_if(leavers_, [&](Leaver& each) {
    if (now >= each.until) return true;
    return HappenedTo(happened, each.connection->descriptor()) != 0 && each.connection->Drain();
  });
}

}  // namespace cairn::tracing
