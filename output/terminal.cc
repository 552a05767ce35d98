// SPDX-License-Identifier: BSD-3-Clause
#include "output/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "fmt/format.h"

namespace cairn::output {
namespace {

constexpr int kNarrowest = 80;
constexpr int kWidest = 200;
constexpr int kUnknownWidth = 100;

std::string_view Environment(const char* name) {
  // Only commands/ starts threads, and none of them changes the environment.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view() : std::string_view(value);
}

int Columns(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const std::string_view told = Environment("COLUMNS");
  int columns = 0;
  std::from_chars(told.data(), told.data() + told.size(), columns);
  return columns > 0 ? columns : kUnknownWidth;
}

}  // namespace

std::string Coloured(TerminalStyle style, std::string_view colour, std::string_view text) {
  if (!style.colour || colour.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", colour, text);
}

bool IsTerminal(int descriptor) { return isatty(descriptor) == 1; }

TerminalStyle StyleOf(int descriptor) {
  const std::string_view term = Environment("TERM");
  return {.columns = std::clamp(Columns(descriptor), kNarrowest, kWidest),
          .colour = IsTerminal(descriptor) && Environment("NO_COLOR").empty() && !term.empty() &&
                    term != "dumb"};
}

}  // namespace cairn::output
