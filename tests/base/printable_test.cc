// SPDX-License-Identifier: BSD-3-Clause
#include "base/printable.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn {
namespace {

TEST_CASE("What is no printable ASCII becomes a question mark, byte by byte") {
  CHECK(Printable("plain text ~") == "plain text ~");
  CHECK(Printable("\x1b[31mred\x07\r\n") == "?[31mred???");
  CHECK(Printable(std::string("a\0b", 3)) == "a?b");
  CHECK(Printable("\xc3\xa4") == "??");
  CHECK(Printable("\x7f\x80\xff") == "???");
}

TEST_CASE("What is too long ends in three points and is just as long as allowed") {
  CHECK(Printable("abcdef", 6) == "abcdef");
  CHECK(Printable("abcdefg", 6) == "abc...");
  CHECK(Printable("abcd", 3) == "...");
  CHECK(Printable("", 3).empty());
}

TEST_CASE("A quoted word shows at most forty bytes") {
  CHECK(QuotedWord("a\tb") == "'a?b'");
  CHECK(QuotedWord(std::string(40, 'x')) == "'" + std::string(40, 'x') + "'");
  CHECK(QuotedWord(std::string(41, 'x')) == "'" + std::string(40, 'x') + "...'");
}

}  // namespace
}  // namespace cairn
