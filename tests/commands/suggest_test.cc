// SPDX-License-Identifier: BSD-3-Clause
#include "commands/program/suggest.h"

#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::commands {
namespace {

const std::vector<std::string>& Commands() {
  static const std::vector<std::string> commands = {"replay", "watch", "config", "sessions",
                                                    "help"};
  return commands;
}

TEST_CASE("a mistyped word finds the word that was meant") {
  CHECK(NearestWord("rpelay", Commands()) == "replay");
  CHECK(NearestWord("wacth", Commands()) == "watch");
  CHECK(NearestWord("confgi", Commands()) == "config");
  CHECK(NearestWord("replay", Commands()) == "replay");
}

TEST_CASE("a word that is near to nothing suggests nothing") {
  CHECK(NearestWord("install", Commands()).empty());
  CHECK(NearestWord("", Commands()).empty());
  CHECK(NearestWord(std::string(100000, 'x'), Commands()).empty());
  CHECK(NearestWord("replay", {}).empty());
}

TEST_CASE("among equally near words the first is suggested") {
  const std::vector<std::string> known = {"--sett", "--seta"};
  CHECK(NearestWord("--set", known) == "--sett");
}

}  // namespace
}  // namespace cairn::commands
