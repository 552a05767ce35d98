// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/state_folder.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "catch2/catch.hpp"

#include "tests/traceback/tracing/authority/authority_rig.h"

namespace cairn::tracing {
namespace {

using absl::StatusCode;
using testing::ScratchFolder;

TEST_CASE("a file is replaced as a whole, with its permissions") {
  const ScratchFolder scratch;
  const StateFolder folder = StateFolder::Open(scratch.File("")).value();
  REQUIRE(folder.Write("file", "first", 0644).ok());
  REQUIRE(folder.Write("file", "second", 0600).ok());
  CHECK(folder.Read("file").value() == "second");
  CHECK(ModeOf(scratch.File("file")) == 0600);
  CHECK(folder.Read("none").status().code() == StatusCode::kNotFound);
}

TEST_CASE("a file that was replaced has another mark, and one that is not there has none") {
  const ScratchFolder scratch;
  const StateFolder folder = StateFolder::Open(scratch.File("")).value();
  CHECK(folder.MarkOf("file") == StateFolder::Mark{});
  REQUIRE(folder.Write("file", "first", 0644).ok());
  const StateFolder::Mark first = folder.MarkOf("file");
  CHECK(folder.MarkOf("file") == first);
  REQUIRE(folder.Write("file", "again", 0644).ok());
  CHECK(folder.MarkOf("file") != first);
  CHECK(folder.MarkOf("file") != StateFolder::Mark{});
}

TEST_CASE("what cannot be written whole leaves what was there") {
  const ScratchFolder scratch;
  REQUIRE(StateFolder::Open(scratch.File(""))->Write("file", "first", 0644).ok());
  // In a process of its own, which may write no more than a few bytes into any file.
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit few{.rlim_cur = 100, .rlim_max = 100};
    setrlimit(RLIMIT_FSIZE, &few);
    const auto folder = StateFolder::Open(scratch.File(""));
    _exit(folder->Write("file", std::string(1000, 'x'), 0644).ok() ? 1 : 0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(Contents(scratch.File("file")) == "first");
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.File("")), {}) == 1);
}

TEST_CASE("links are not followed") {
  const ScratchFolder scratch;
  const std::string target = scratch.File("target", "precious");
  const std::string inside = scratch.File("inside");
  const StateFolder folder = StateFolder::Make(inside, 0700).value();
  std::filesystem::create_symlink(target, inside + "/file");
  CHECK(folder.Read("file").status().code() == StatusCode::kFailedPrecondition);
  CHECK(folder.Write("file", "mine", 0600).ok());
  CHECK(Contents(target) == "precious");
  std::filesystem::create_symlink(target, inside + "/lock");
  CHECK_FALSE(StateFolder::Open(inside)->Lock().ok());
}

TEST_CASE("a folder that others can change is refused") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("folder");
  REQUIRE(StateFolder::Make(path, 0700).ok());
  for (const mode_t mode : {0770U, 0707U, 0777U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK(StateFolder::Open(path).status().code() == StatusCode::kFailedPrecondition);
  }
  REQUIRE(chmod(path.c_str(), 0755) == 0);
  CHECK(StateFolder::Open(path).ok());
}

TEST_CASE("one at a time has a folder") {
  const ScratchFolder scratch;
  {
    StateFolder first = StateFolder::Open(scratch.File("")).value();
    REQUIRE(first.Lock().ok());
    CHECK(StateFolder::Open(scratch.File(""))->Lock(std::chrono::seconds(0)).code() ==
          StatusCode::kUnavailable);
  }
  CHECK(StateFolder::Open(scratch.File(""))->Lock().ok());
}

}  // namespace
}  // namespace cairn::tracing
