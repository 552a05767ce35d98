// SPDX-License-Identifier: BSD-3-Clause
#include "commands/clock_steps.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <tuple>

#include "fmt/format.h"

#include "base/time_text.h"

namespace cairn::commands {
namespace {

constexpr uint64_t kMostTold = 10;

auto Rank(const capture::ClockStep& step) {
  return std::tie(step.time, step.source, step.interface);
}

std::string Magnitude(PacketDelta size) {
  const double seconds = static_cast<double>(size.ToNanoseconds()) / 1e9;
  return fmt::format("{:.3f} s", seconds < 0 ? -seconds : seconds);
}

std::string Told(const capture::ClockStep& step) {
  const std::string source = step.interface == 0
                                 ? step.source
                                 : fmt::format("{}, interface {}", step.source, step.interface);
  const std::string stamp = Rfc3339(step.stamp);
  if (step.size == PacketDelta::Zero()) {
    return fmt::format("{}: from {} on its clock is taken to be {} behind the other interfaces'",
                       source, stamp, Magnitude(step.offset));
  }
  const bool back = step.size < PacketDelta::Zero();
  return fmt::format("{}: the clock was set {} by {}, to {}; times go on from {}", source,
                     back ? "back" : "forward", Magnitude(step.size), stamp, Rfc3339(step.time));
}

}  // namespace

absl::Status ClockSteps::Process(std::span<const Segment> segments) {
  Collect();
  size_t written = 0;
  size_t begin = 0;
  for (; written < waiting_.size(); ++written) {
    const auto rest = segments.subspan(begin);
    const auto first = std::lower_bound(
        rest.begin(), rest.end(), waiting_[written].time,
        [](const Segment& segment, PacketTime time) { return segment.time < time; });
    if (first == rest.end()) break;
    const auto before = static_cast<size_t>(first - rest.begin());
    absl::Status status = detector_.Process(rest.first(before));
    if (status.ok()) status = Write(waiting_[written]);
    if (!status.ok()) return status;
    begin += before;
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(written));
  return detector_.Process(segments.subspan(begin));
}

absl::Status ClockSteps::Finish() {
  Collect();
  for (const capture::ClockStep& step : waiting_) {
    absl::Status status = Write(step);
    if (!status.ok()) return status;
  }
  waiting_.clear();
  return absl::OkStatus();
}

void ClockSteps::Collect() {
  const size_t before = waiting_.size();
  source_.TakeClockSteps(waiting_);
  if (waiting_.size() == before) return;
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const auto& a, const auto& b) { return Rank(a) < Rank(b); });
}

absl::Status ClockSteps::Write(const capture::ClockStep& step) {
  detector_.Drain();
  if (stream_ != nullptr) stream_->Write(step);
  if (!quiet_ && told_ < kMostTold) {
    if (outputs_.progress() != nullptr) outputs_.progress()->Clear();
    fmt::print(stderr, "cairn {}: warning: {}{}\n", command_, Told(step),
               ++told_ == kMostTold ? "; further steps are only written and counted" : "");
  }
  return outputs_.Write(step);
}

}  // namespace cairn::commands
