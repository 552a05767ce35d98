// SPDX-License-Identifier: BSD-3-Clause
#include "output/line_writer.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"

namespace cairn::output {
namespace {

using testing::ScratchFolder;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

absl::StatusOr<std::unique_ptr<LineWriter>> Open(const std::string& path, ExistingFile existing) {
  const auto is_ours = [](std::string_view head) { return head.starts_with("old\n"); };
  return LineWriter::Open(
      {.option = {}, .what = "lines", .path = path, .existing = existing, .is_ours = is_ours});
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST_CASE("each record is in the file as soon as Write returns") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("alerts.jsonl");
  auto writer = Open(path, ExistingFile::kReplace);
  REQUIRE(writer.ok());
  REQUIRE((*writer)->Write("one\n").ok());
  CHECK(Contents(path) == "one\n");
  REQUIRE((*writer)->Write("two\n").ok());
  CHECK(Contents(path) == "one\ntwo\n");
}

TEST_CASE("an existing file is replaced or added to, as asked") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("alerts.jsonl");
  REQUIRE((*Open(path, ExistingFile::kReplace))->Write("old\n").ok());
  REQUIRE((*Open(path, ExistingFile::kAppend))->Write("new\n").ok());
  CHECK(Contents(path) == "old\nnew\n");
  REQUIRE((*Open(path, ExistingFile::kReplace))->Write("only\n").ok());
  CHECK(Contents(path) == "only\n");
}

TEST_CASE("a file that cannot be opened is told with its name and what to do") {
  const ScratchFolder scratch;
  const auto in_nowhere = Open(scratch.File("no/such/alerts"), ExistingFile::kReplace);
  CHECK(absl::IsNotFound(in_nowhere.status()));
  CHECK_THAT(Message(in_nowhere.status()),
             Catch::Contains("no/such/alerts") && Catch::Contains("create it"));
  const auto folder = Open(scratch.File(""), ExistingFile::kReplace);
  CHECK(absl::IsFailedPrecondition(folder.status()));
  CHECK_THAT(Message(folder.status()), Catch::Contains("directory"));
}

TEST_CASE("a full disk is an error that names the file, and stays one") {
  auto writer = Open("/dev/full", ExistingFile::kAppend);
  REQUIRE(writer.ok());
  const absl::Status status = (*writer)->Write("line\n");
  CHECK(absl::IsResourceExhausted(status));
  CHECK_THAT(Message(status), Catch::Contains("/dev/full") && Catch::Contains("no room"));
  CHECK((*writer)->Write("another\n") == status);
}

TEST_CASE("a record of which only a part fits is cut off again") {
  const ScratchFolder scratch;
  const std::string path = scratch.File("alerts.jsonl");
  auto writer = Open(path, ExistingFile::kReplace);
  REQUIRE((*writer)->Write("whole\n").ok());
  // A file size limit in the middle of the second record stands for a disk that fills up there.
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit tight{.rlim_cur = 10, .rlim_max = before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const absl::Status status = (*writer)->Write("does not fit\n");
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(absl::IsResourceExhausted(status));
  CHECK(Contents(path) == "whole\n");
}

TEST_CASE("a pipe whose reader has gone is told apart from other faults") {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  auto writer = Open("/dev/fd/" + std::to_string(ends[1]), ExistingFile::kAppend);
  REQUIRE(writer.ok());
  CHECK(absl::IsCancelled((*writer)->Write("line\n")));
  close(ends[1]);
}

}  // namespace
}  // namespace cairn::output
