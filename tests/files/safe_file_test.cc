// SPDX-License-Identifier: BSD-3-Clause
#include "files/safe_file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"

namespace cairn::files {
namespace {

constexpr size_t kMost = size_t{1} << 26;

std::string Read(const std::string& path) { return ReadWhole(path, kMost).value().value(); }

TEST_CASE("What was written is read, and takes the place of what was there") {
  const testing::ScratchFolder folder;
  const std::string path = folder.File("state");
  CHECK(!ReadWhole(path, kMost).value().has_value());
  REQUIRE(CheckReplaceable(path).ok());
  CHECK(!std::filesystem::exists(path));
  const std::string large(3'000'000, 'x');
  REQUIRE(ReplaceWhole(path, large).ok());
  CHECK(Read(path) == large);
  REQUIRE(CheckReplaceable(path).ok());
  CHECK(Read(path) == large);
  REQUIRE(ReplaceWhole(path, "short").ok());
  CHECK(Read(path) == "short");
  CHECK(!std::filesystem::exists(path + ".new"));
  CHECK(!ReadWhole(path, 4).ok());
}

TEST_CASE("A link stays a link") {
  const testing::ScratchFolder folder;
  const std::string target = folder.File("target", "old");
  std::filesystem::create_symlink(target, folder.File("link"));
  REQUIRE(ReplaceWhole(folder.File("link"), "new").ok());
  CHECK(std::filesystem::is_symlink(folder.File("link")));
  CHECK(Read(target) == "new");
}

TEST_CASE("Folders and places that do not exist are refused before any work") {
  const testing::ScratchFolder folder;
  const std::string nowhere = folder.File("none/state");
  CHECK(!CheckReplaceable(nowhere).ok());
  CHECK(!ReplaceWhole(nowhere, "x").ok());
  std::filesystem::create_directory(folder.File("folder"));
  CHECK(CheckReplaceable(folder.File("folder")).message().find("no ordinary file") !=
        std::string::npos);
  CHECK(!ReadWhole(folder.File("folder"), kMost).ok());
}

TEST_CASE("A link in the way of the new file is not written through") {
  const testing::ScratchFolder folder;
  const std::string other = folder.File("other", "somebody's");
  std::filesystem::create_symlink(other, folder.File("state.new"));
  CHECK(!ReplaceWhole(folder.File("state"), "x").ok());
  CHECK(Read(other) == "somebody's");
}

TEST_CASE("Whoever is killed while writing leaves the file whole, the old one or the new") {
  const testing::ScratchFolder folder;
  const std::string path = folder.File("state");
  const std::string first(2'000'000, 'a');
  const std::string second(2'000'000, 'b');
  REQUIRE(ReplaceWhole(path, first).ok());
  for (int round = 0; round < 8; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      while (true) {
        if (!ReplaceWhole(path, second).ok() || !ReplaceWhole(path, first).ok()) _exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3 + 7 * round));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    const std::string left = Read(path);
    CHECK((left == first || left == second));
  }
  REQUIRE(ReplaceWhole(path, "after").ok());
  CHECK(Read(path) == "after");
}

}  // namespace
}  // namespace cairn::files
