// SPDX-License-Identifier: BSD-3-Clause
#include "output/axis_ticks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "fmt/format.h"

#include "base/time.h"
#include "base/time_text.h"

namespace cairn::output {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
constexpr std::array<double, 19> kTimeSteps = {
    1,       2,           5,           10,           15,           30,
    kMinute, 2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute, 30 * kMinute,
    kHour,   2 * kHour,   3 * kHour,   6 * kHour,    12 * kHour,   kDay,
    7 * kDay};

// How many multiples of `step` are in [least, most].  A little slack: 0.3 / 0.1 is less than 3.
struct Multiples {
  double first;
  double last;
};
Multiples Within(double least, double most, double step) {
  constexpr double kSlack = 1e-6;
  return {.first = std::ceil(least / step - kSlack), .last = std::floor(most / step + kSlack)};
}

bool Fits(double least, double most, double step, int count) {
  const Multiples m = Within(least, most, step);
  return m.last - m.first + 1 <= count;
}

double NumberStep(double least, double most, int count) {
  constexpr std::array<double, 4> kRound = {1, 2, 2.5, 5};
  double power = std::pow(10, std::floor(std::log10((most - least) / count)));
  for (;; power *= 10) {
    for (const double round : kRound) {
      if (Fits(least, most, round * power, count)) return round * power;
    }
  }
}

std::string NumberText(double value, double step) {
  constexpr double kLargest = 1e6;
  constexpr double kFinest = 1e-5;
  if (std::abs(value) >= kLargest || step < kFinest) return fmt::format("{:.6g}", value);
  // A step of 0.25 needs two decimals, one of 0.5 needs one.
  int decimals = 0;
  for (double s = step; decimals < 7 && std::abs(s - std::round(s)) > 1e-6; s *= 10) ++decimals;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string TimeTickText(double value, double step) {
  constexpr double kFarthest = 9.2e9;  // seconds that 64 bits of nanoseconds hold
  const auto seconds = static_cast<int64_t>(std::clamp(value, -kFarthest, kFarthest));
  const PacketTime time = PacketTime::FromNanoseconds(seconds * 1'000'000'000);
  if (step >= kDay) return DateText(time).substr(5);
  const std::string clock = ClockText(time);
  return step >= kMinute ? clock.substr(0, 5) : clock;
}

template <typename Text>
std::vector<Tick> TicksAt(double least, double most, double step, int count, Text text) {
  const Multiples m = Within(least, most, step);
  std::vector<Tick> ticks;
  for (int i = 0; i < count && m.first + i <= m.last; ++i) {
    const double value = (m.first + i) * step + 0.0;  // -0 becomes 0
    ticks.push_back({.value = value, .text = text(value, step)});
  }
  return ticks;
}

}  // namespace

std::vector<Tick> NumberTicks(double least, double most, int count) {
  return TicksAt(least, most, NumberStep(least, most, count), count, NumberText);
}

std::vector<Tick> TimeTicks(double least, double most, int count) {
  const auto* step = std::find_if(kTimeSteps.begin(), kTimeSteps.end(),
                                  [&](double s) { return Fits(least, most, s, count); });
  // Longer than the table knows: whole days, as many as it takes.
  const double length = step != kTimeSteps.end()
                            ? *step
                            : std::max(1.0, std::ceil((most - least) / count / kDay)) * kDay;
  return TicksAt(least, most, length, count, TimeTickText);
}

}  // namespace cairn::output
