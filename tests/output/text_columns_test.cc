// SPDX-License-Identifier: BSD-3-Clause
#include "output/text_columns.h"

#include <array>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::output {
namespace {

constexpr std::array<TextColumn, 3> kColumns = {{{"NAME", false}, {"N", true}, {"END", false}}};
using Rows = std::vector<std::vector<std::string>>;

TEST_CASE(
    "Columns are as wide as their widest cell, numbers flush right, without blanks at the end") {
  CHECK(
      AlignedText(kColumns, Rows{{"a", "1", ""}, {"", "100", "x y"}, {"longer", "12", "z"}}, {}) ==
      "NAME     N END\n"
      "a        1\n"
      "       100 x y\n"
      "longer  12 z\n");
  CHECK(AlignedText(kColumns, Rows{}, {}) == "NAME N END\n");
}

TEST_CASE("Headings are dim where the terminal has colours") {
  CHECK(AlignedText(kColumns, Rows{}, {.columns = 80, .colour = true}) ==
        "\x1b[2mNAME N END\x1b[0m\n");
  CHECK(Coloured({}, kDim, "note") == "note");
}

TEST_CASE("Amounts of bytes are short") {
  CHECK(ShortBytes(0) == "0");
  CHECK(ShortBytes(999) == "999");
  CHECK(ShortBytes(1000) == "1.0k");
  CHECK(ShortBytes(9949) == "9.9k");
  CHECK(ShortBytes(9951) == "10k");
  CHECK(ShortBytes(999'499) == "999k");
  CHECK(ShortBytes(999'500) == "1.0M");
  CHECK(ShortBytes(UINT64_MAX) == "18E");
}

}  // namespace
}  // namespace cairn::output
