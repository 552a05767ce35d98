// SPDX-License-Identifier: BSD-3-Clause
#include "output/relay_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "fmt/format.h"

#include "base/time_text.h"
#include "output/text_columns.h"

namespace cairn::output {
namespace {

constexpr size_t kLeastHostColumns = 15;
constexpr size_t kChanceColumns = 16;
constexpr char kFigures[] = "{:>7} {:>6} {:>7}  {:<11}";
constexpr size_t kFigureColumns = 7 + 1 + 6 + 1 + 7 + 2 + 11;
constexpr size_t kLeastHistoryColumns = 8;
constexpr size_t kMostHistoryColumns = 48;

// From no evidence to the most that any of the hosts shows.
constexpr std::string_view kLevels = ".:-=+*#%@";

// What all histories of one table share.
struct Axes {
  PacketTime first = PacketTime::FromNanoseconds(INT64_MAX);
  PacketTime last = PacketTime::FromNanoseconds(INT64_MIN);
  double most = 0;
  size_t columns = 0;
};

Axes AxesOf(std::span<const HostHistory* const> hosts, size_t columns) {
  Axes axes{.columns = columns};
  for (const HostHistory* host : hosts) {
    for (const HostScore& score : host->scores) {
      axes.first = std::min(axes.first, score.time);
      axes.last = std::max(axes.last, score.time);
      axes.most = std::max(axes.most, score.nats);
    }
  }
  return axes;
}

char LevelOf(double nats, double most) {
  if (!(nats > 0) || !(most > 0)) return kLevels.front();
  const auto steps = static_cast<double>(kLevels.size() - 1);
  return kLevels[static_cast<size_t>(std::clamp(std::ceil(nats / most * steps), 1.0, steps))];
}

// In each column the most of its stretch of time.
std::string Sparkline(const HostHistory& host, const Axes& axes) {
  // In doubles: the times of foreign files may be centuries apart.
  const double length = static_cast<double>(axes.last.ToNanoseconds()) -
                        static_cast<double>(axes.first.ToNanoseconds());
  std::string line(axes.columns, ' ');
  std::vector<double> most(axes.columns, -1);
  for (const HostScore& score : host.scores) {
    const double at = static_cast<double>(score.time.ToNanoseconds()) -
                      static_cast<double>(axes.first.ToNanoseconds());
    const double share = length > 0 ? at / length : 0;
    const auto column =
        std::min(static_cast<size_t>(share * static_cast<double>(axes.columns)), axes.columns - 1);
    most[column] = std::max(most[column], std::max(score.nats, 0.0));
  }
  for (size_t i = 0; i < most.size(); ++i) {
    if (most[i] >= 0) line[i] = LevelOf(most[i], axes.most);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string WhenText(PacketTime time) {
  return DateText(time).substr(5) + ' ' + ClockText(time).substr(0, 5);
}

std::string ScoreText(double score) {
  return std::abs(score) < 1000 ? fmt::format("{:.2f}", score) : fmt::format("{:.1e}", score);
}

std::string RowOf(const HostHistory& host, const Axes& axes, size_t host_columns,
                  TerminalStyle style) {
  const HostScore& best = host.best;
  const std::string figures =
      fmt::format(kFigures, ScoreText(best.score), fmt::format("{} s", best.window.ToSeconds()),
                  fmt::format("{} ms", best.reach.ToMilliseconds()), WhenText(best.time));
  const std::string name = fmt::format("{:<{}}", best.host.ToString(), host_columns);
  return fmt::format("{} {} {:<{}} {}  {}\n", host.reported ? Coloured(style, kBold, name) : name,
                     host.reported ? '*' : ' ', ChanceText(best.nats), kChanceColumns, figures,
                     Sparkline(host, axes));
}

}  // namespace

std::string ChanceText(double nats) {
  constexpr double kMost = 1e9;  // beyond, the number tells a person no more
  if (!(nats > 0)) return "none";
  if (nats > std::log(kMost)) return "< 1 in a billion";
  const double odds = std::exp(nats);
  if (odds < 9.95) return fmt::format("1 in {:.1f}", odds);
  const double unit = std::pow(10, std::floor(std::log10(odds)));
  return "1 in " + Grouped(static_cast<uint64_t>(std::llround(std::round(odds / unit) * unit)));
}

std::string RelayTable(std::span<const HostHistory* const> hosts, size_t more,
                       TerminalStyle style) {
  if (hosts.empty()) return {};
  size_t host_columns = kLeastHostColumns;
  bool reported = false;
  for (const HostHistory* host : hosts) {
    host_columns = std::max(host_columns, host->best.host.ToString().size());
    reported = reported || host->reported;
  }
  const size_t before = host_columns + 3 + kChanceColumns + 1 + kFigureColumns + 2;
  const auto columns = static_cast<size_t>(style.columns);
  const Axes axes = AxesOf(hosts, std::clamp(columns > before ? columns - before : 0,
                                             kLeastHistoryColumns, kMostHistoryColumns));
  std::string text = Coloured(
      style, kDim,
      fmt::format("{:<{}}   {:<{}} {}  HISTORY", "HOST", host_columns, "BY CHANCE", kChanceColumns,
                  fmt::format(kFigures, "SCORE", "WINDOW", "REACH", "WHEN (UTC)")));
  text += '\n';
  for (const HostHistory* host : hosts) text += RowOf(*host, axes, host_columns, style);
  std::string notes = fmt::format(
      "HISTORY: {} to {}, '.' no evidence, '@' {}\nBY CHANCE: that an innocent host shows as much "
      "in "
      "an hour\n",
      WhenText(axes.first), WhenText(axes.last), ChanceText(axes.most));
  if (reported) notes += "*: reported as a relay node\n";
  if (more > 0) notes += fmt::format("{} more; --limit N lists N hosts\n", more);
  return text + Coloured(style, kDim, notes);
}

}  // namespace cairn::output
