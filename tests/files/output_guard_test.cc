// SPDX-License-Identifier: BSD-3-Clause
#include "files/output_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"

namespace cairn::files {
namespace {

using Foreign = OutputGuard::Foreign;
using testing::ScratchFolder;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Output Of(const std::string& path, ExistingFile existing = ExistingFile::kReplace) {
  return {.option = "--alerts",
          .what = "alerts",
          .path = path,
          .existing = existing,
          .is_ours = [](std::string_view head) { return head.starts_with("ours"); }};
}

// Opens it, writes a line and says what became of it.
absl::Status WriteLine(const OutputGuard& guard, const Output& output) {
  const absl::StatusOr<int> descriptor = guard.Open(output);
  if (!descriptor.ok()) return descriptor.status();
  const UniqueFd owner(*descriptor);
  CHECK(write(owner.get(), "ours 2\n", 7) == 7);
  return absl::OkStatus();
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST_CASE("what is not there, empty or our own is written to") {
  const ScratchFolder scratch;
  const OutputGuard guard;
  const std::string path = scratch.File("a");
  CHECK(guard.Check(std::array{Of(path)}).ok());
  CHECK_FALSE(std::filesystem::exists(path));  // looking makes nothing
  CHECK(WriteLine(guard, Of(path)).ok());
  CHECK(Contents(path) == "ours 2\n");
  scratch.File("a", "ours 1, and longer\n");
  CHECK(guard.Check(std::array{Of(path)}).ok());
  CHECK(Contents(path) == "ours 1, and longer\n");
  CHECK(WriteLine(guard, Of(path, ExistingFile::kAppend)).ok());
  CHECK(Contents(path) == "ours 1, and longer\nours 2\n");
  CHECK(WriteLine(guard, Of(path)).ok());
  CHECK(Contents(path) == "ours 2\n");
  CHECK(WriteLine(guard, Of(scratch.File("empty", ""), ExistingFile::kAppend)).ok());
}

TEST_CASE("what holds something else is refused, and replaced only by force, also to add to it") {
  const ScratchFolder scratch;
  for (const ExistingFile existing : {ExistingFile::kReplace, ExistingFile::kAppend}) {
    const std::string path = scratch.File("letter", "Dear all,\n");
    const OutputGuard guard;
    for (const absl::Status& status :
         {guard.Check(std::array{Of(path, existing)}), WriteLine(guard, Of(path, existing))}) {
      CHECK(absl::IsInvalidArgument(status));
      CHECK_THAT(Message(status), Catch::Contains("--alerts") && Catch::Contains(path) &&
                                      Catch::Contains("holds text, not alerts") &&
                                      Catch::Contains("--force"));
    }
    CHECK(Contents(path) == "Dear all,\n");
    const OutputGuard forced(Foreign::kReplace);
    CHECK(forced.Check(std::array{Of(path, existing)}).ok());
    CHECK(Contents(path) == "Dear all,\n");
    CHECK(WriteLine(forced, Of(path, existing)).ok());
    CHECK(Contents(path) == "ours 2\n");
  }
}

TEST_CASE("no input is written to, by whatever name and force") {
  const ScratchFolder scratch;
  const std::string input = scratch.File("input", "ours 1\n");
  const std::string soft = scratch.File("soft");
  const std::string hard = scratch.File("hard");
  std::filesystem::create_symlink(input, soft);
  std::filesystem::create_hard_link(input, hard);
  for (const Foreign foreign : {Foreign::kRefuse, Foreign::kReplace}) {
    OutputGuard guard(foreign);
    guard.AddInput("a capture", input);
    guard.AddInput("a capture", scratch.File("missing"));
    for (const std::string& path : {input, soft, hard}) {
      const absl::Status status = WriteLine(guard, Of(path));
      CHECK(absl::IsInvalidArgument(status));
      CHECK_THAT(Message(status), Catch::Contains("would overwrite a capture"));
      CHECK(absl::IsInvalidArgument(guard.Check(std::array{Of(path)})));
      CHECK(absl::IsInvalidArgument(guard.CheckNoInput(Of(path))));
    }
    // The descriptor counts, whatever the shell opened it for.
    const int open_input = open(input.c_str(), O_RDWR | O_APPEND);
    CHECK(absl::IsInvalidArgument(WriteLine(guard, Of("/dev/fd/" + std::to_string(open_input)))));
    close(open_input);
    CHECK(guard.CheckNoInput(Of(scratch.File("other"))).ok());
  }
  CHECK(Contents(input) == "ours 1\n");
}

TEST_CASE("two outputs are two files") {
  const ScratchFolder scratch;
  std::filesystem::create_directory(scratch.File("dir"));
  std::filesystem::create_directory_symlink(scratch.File("dir"), scratch.File("same"));
  const OutputGuard guard;
  const auto check = [&](const std::string& a, const std::string& b) {
    return guard.Check(std::array{Of(a), Of(b)});
  };
  CHECK(check(scratch.File("a"), scratch.File("b")).ok());
  CHECK_THAT(Message(check(scratch.File("a"), scratch.File("./a"))),
             Catch::Contains("are the same file"));
  CHECK(absl::IsInvalidArgument(check(scratch.File("dir/a"), scratch.File("same/a"))));
  const std::string there = scratch.File("there", "ours 1\n");
  std::filesystem::create_symlink(there, scratch.File("link"));
  CHECK(absl::IsInvalidArgument(check(there, scratch.File("link"))));
  CHECK(check("/dev/null", "/dev/null").ok());
}

TEST_CASE("a folder, a link to nothing and a missing folder are told apart") {
  const ScratchFolder scratch;
  const OutputGuard guard(Foreign::kReplace);
  std::filesystem::create_symlink(scratch.File("nowhere"), scratch.File("dangling"));
  for (const auto& path : {scratch.File(""), scratch.File("dangling")}) {
    CHECK(absl::IsFailedPrecondition(guard.Check(std::array{Of(path)})));
    CHECK(absl::IsFailedPrecondition(WriteLine(guard, Of(path))));
  }
  CHECK_FALSE(std::filesystem::exists(scratch.File("nowhere")));
  CHECK(absl::IsNotFound(guard.Check(std::array{Of(scratch.File("no/a"))})));
  CHECK(absl::IsNotFound(WriteLine(guard, Of(scratch.File("no/a")))));
}

TEST_CASE("what the shell has opened is written on, not anew") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("log", "Dear all,\n");
  const int log = open(path.c_str(), O_WRONLY | O_APPEND);
  CHECK(WriteLine(OutputGuard(), Of("/dev/fd/" + std::to_string(log))).ok());
  CHECK(Contents(path) == "Dear all,\nours 2\n");
  close(log);
  const int unwritable = open(path.c_str(), O_RDONLY);
  CHECK(absl::IsPermissionDenied(
      WriteLine(OutputGuard(), Of("/dev/fd/" + std::to_string(unwritable)))));
  close(unwritable);
  CHECK(WriteLine(OutputGuard(), Of("/dev/null")).ok());
}

}  // namespace
}  // namespace cairn::files
