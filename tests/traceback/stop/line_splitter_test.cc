// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/stop/line_splitter.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::stop {
namespace {

// Feeds text in pieces of at most `piece` bytes; all lines, and whether the last was too long.
std::vector<std::string> LinesOf(std::string_view text, size_t piece, bool& too_long) {
  LineSplitter splitter;
  std::vector<std::string> lines;
  too_long = false;
  while (!text.empty() && !too_long) {
    const std::span<char> room = splitter.Room();
    REQUIRE_FALSE(room.empty());
    const size_t bytes = std::min({text.size(), piece, room.size()});
    std::copy_n(text.begin(), bytes, room.begin());
    splitter.Commit(bytes);
    text.remove_prefix(bytes);
    while (const auto line = splitter.Next()) lines.emplace_back(*line);
    too_long = splitter.IsTooLong();
  }
  return lines;
}

TEST_CASE("lines end with CR LF or with LF, in whatever pieces they come") {
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{4096}}) {
    INFO(piece);
    bool too_long = false;
    CHECK(LinesOf("6191,23\r\n6192,24\n\r\n7,8", piece, too_long) ==
          std::vector<std::string>{"6191,23", "6192,24", ""});
    CHECK_FALSE(too_long);
  }
}

TEST_CASE("a line of a thousand bytes is one, a longer one is given up") {
  for (const size_t piece : {size_t{1}, size_t{999}, size_t{4096}}) {
    INFO(piece);
    bool too_long = false;
    const std::string longest(kMaxLineBytes, 'a');
    CHECK(LinesOf(longest + "\r\n" + longest + "\nb\n", piece, too_long) ==
          std::vector<std::string>{longest, longest, "b"});
    CHECK_FALSE(too_long);
    LinesOf(longest + "aa", piece, too_long);
    CHECK(too_long);
  }
}

TEST_CASE("nothing more than a line is ever held") {
  bool too_long = false;
  CHECK(LinesOf(std::string(1'000'000, 'x'), 4096, too_long).empty());
  CHECK(too_long);
}

}  // namespace
}  // namespace cairn::stop
