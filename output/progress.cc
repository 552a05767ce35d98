// SPDX-License-Identifier: BSD-3-Clause
#include "output/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "fmt/format.h"

#include "base/time.h"
#include "base/time_text.h"

namespace cairn::output {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

// 12345678 -> "12.3 M".
std::string Scaled(double count) {
  if (count >= 1e9) return fmt::format("{:.1f} G", count / 1e9);
  if (count >= 1e6) return fmt::format("{:.1f} M", count / 1e6);
  if (count >= 1e3) return fmt::format("{:.1f} k", count / 1e3);
  return fmt::format("{:.0f}", count);
}

void WriteAll(int descriptor, std::string_view text) {
  // Decoration only: what the terminal does not take is not tried again.
  static_cast<void>(write(descriptor, text.data(), text.size()) < 0);
}

}  // namespace

std::string ProgressText(const ProgressPoint& point, int columns) {
  const double seconds = static_cast<double>(point.elapsed.count()) / 1e9;
  const auto packets = static_cast<double>(point.packets);
  std::string text = fmt::format("{} packets, {}/s", Scaled(packets),
                                 Scaled(seconds > 0 ? packets / seconds : 0.0));
  if (point.total_bytes == 0) return text;

  const double share =
      std::min(1.0, static_cast<double>(point.done_bytes) / static_cast<double>(point.total_bytes));
  if (share > 0) {
    const auto left_ns = static_cast<int64_t>(seconds * (1 - share) / share * 1e9);
    text += fmt::format(", {} left", DurationText(PacketDelta::FromNanoseconds(left_ns)));
  }
  text = fmt::format("{:3.0f}%  {}", 100 * share, text);
  const int bar_columns = std::clamp(columns - static_cast<int>(text.size()) - 6, 0, 40);
  const auto filled = static_cast<size_t>(share * bar_columns);
  return fmt::format("[{}{}] {}", std::string(filled, '#'),
                     std::string(static_cast<size_t>(bar_columns) - filled, '.'), text);
}

void ProgressLine::Update(const ProgressPoint& point) {
  if (!Due(point.elapsed)) return;
  next_ = point.elapsed + kInterval;
  drawn_ = true;
  WriteAll(descriptor_, std::string(kClearLine) + ProgressText(point, columns_));
}

void ProgressLine::Clear() {
  if (!drawn_) return;
  WriteAll(descriptor_, kClearLine);
  drawn_ = false;
}

}  // namespace cairn::output
