// SPDX-License-Identifier: BSD-3-Clause
#include "output/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "catch2/catch.hpp"

namespace cairn::output {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("progress shows share, rate and the time that is left") {
  const std::string text = ProgressText(
      {.done_bytes = 250, .total_bytes = 1000, .packets = 3000000, .elapsed = seconds(3)}, 80);
  CHECK_THAT(text, Catch::Contains("25%") && Catch::Contains("3.0 M packets, 1.0 M/s") &&
                       Catch::Contains("9 s left"));
  CHECK_THAT(text, Catch::StartsWith("[#"));
  CHECK(text.size() <= 80);
}

TEST_CASE("without a known total there is no bar and no guess") {
  const std::string text = ProgressText({.packets = 500, .elapsed = seconds(1)}, 80);
  CHECK(text == "500 packets, 500/s");
}

TEST_CASE("a file that grew while it was read stays at 100%") {
  const std::string text = ProgressText(
      {.done_bytes = 2000, .total_bytes = 1000, .packets = 1, .elapsed = seconds(1)}, 80);
  CHECK_THAT(text, Catch::Contains("100%") && Catch::Contains("0 s left"));
}

// What a ProgressLine writes, read back from a pipe.
class Screen {
 public:
  Screen() { REQUIRE(pipe2(ends_.data(), O_NONBLOCK) == 0); }
  ~Screen() {
    close(ends_[0]);
    close(ends_[1]);
  }
  int descriptor() const { return ends_[1]; }
  std::string Take() {
    std::array<char, 4096> bytes{};
    const ssize_t n = read(ends_[0], bytes.data(), bytes.size());
    return n > 0 ? std::string(bytes.data(), static_cast<size_t>(n)) : std::string();
  }

 private:
  std::array<int, 2> ends_{};
};

TEST_CASE("the line is drawn at most five times a second, and not for short runs") {
  Screen screen;
  ProgressLine line(screen.descriptor(), 80);
  line.Update({.elapsed = milliseconds(499)});
  CHECK(screen.Take().empty());
  line.Update({.elapsed = milliseconds(500)});
  CHECK_FALSE(screen.Take().empty());
  line.Update({.elapsed = milliseconds(699)});
  CHECK(screen.Take().empty());
  CHECK(line.Due(milliseconds(700)));
  line.Update({.elapsed = milliseconds(700)});
  CHECK_FALSE(screen.Take().empty());
}

TEST_CASE("the line is cleared once, and only when it was drawn") {
  Screen screen;
  ProgressLine line(screen.descriptor(), 80);
  line.Clear();
  CHECK(screen.Take().empty());
  line.Update({.elapsed = seconds(1)});
  screen.Take();
  line.Clear();
  CHECK(screen.Take() == "\r\x1b[K");
  line.Clear();
  CHECK(screen.Take().empty());
}

}  // namespace
}  // namespace cairn::output
