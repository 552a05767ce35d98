// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/source_rates.h"

namespace cairn::tracing {
namespace {

constexpr std::chrono::minutes kMinute{1};
constexpr IpAddress kThisHost = IpAddress::FromV4(0x7f000001);

bool IsLoopback(const IpAddress& ip) {
  constexpr uint64_t kNetwork127 = 0x7f;
  if (ip.IsV4()) return (ip.low() >> 24 & 0xff) == kNetwork127;
  return ip == IpAddress::FromWords(0, 1);
}

}  // namespace

IpAddress SourceOf(const IpAddress& any_from, const IpAddress& to) {
  const IpAddress from = any_from.Unmapped();
  if (IsLoopback(from)) return IsLoopback(to.Unmapped()) ? from : kThisHost;
  return from.IsV4() ? from : IpAddress::FromWords(from.high(), 0);
}

bool SourceRates::Allows(const IpAddress& source, Clock::time_point now) {
  if (minutes_.size() >= kMostSources && !minutes_.contains(source)) Forget(now);
  Minute& minute = minutes_.try_emplace(source, Minute{.begin = now}).first->second;
  if (now - minute.begin >= kMinute) minute = {.begin = now};
  if (minute.count >= most_) return false;
  ++minute.count;
  return true;
}

void SourceRates::GiveBack(const IpAddress& source, Clock::time_point now) {
  const auto found = minutes_.find(source);
  if (found == minutes_.end()) return;
  Minute& minute = found->second;
  if (now - minute.begin >= kMinute || minute.given_back >= kMostGivenBack || minute.count == 0) {
    return;
  }
  --minute.count;
  ++minute.given_back;
}

void SourceRates::Forget(Clock::time_point now) {
  absl::erase_if(minutes_, [now](const auto& each) { return now - each.second.begin >= kMinute; });
  if (minutes_.size() >= kMostSources) minutes_.clear();
}

}  // namespace cairn::tracing
