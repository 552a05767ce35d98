// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/descriptor_index.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "catch2/catch.hpp"

#include "tests/traceback/host/family.h"

namespace cairn::host {
namespace {

uint64_t InodeOf(int descriptor) {
  struct stat status {};
  REQUIRE(fstat(descriptor, &status) == 0);
  return status.st_ino;
}

TEST_CASE("all processes that hold a pipe are found, with their ends") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  Family family;
  const uint32_t reader = family.Child({ends[1]});
  const uint32_t writer = family.Child({ends[0]});
  close(ends[0]);
  const ProcFolder proc("/proc");
  DescriptorIndex index(proc);
  const auto holders = index.HoldersOfPipe(InodeOf(ends[1]));
  const auto holds = [&holders](uint32_t pid, bool reads, bool writes) {
    return std::any_of(holders.begin(), holders.end(), [&](const PipeHolder& holder) {
      return holder.pid == pid && holder.reads == reads && holder.writes == writes;
    });
  };
  CHECK(holds(reader, true, false));
  CHECK(holds(writer, false, true));
  CHECK(holds(static_cast<uint32_t>(getpid()), false, true));
  CHECK(holders.size() == 3);
  close(ends[1]);
  CHECK(index.HoldersOf(FdTarget::Kind::kPipe, 1).empty());
  CHECK(index.left_out() == 0);
}

}  // namespace
}  // namespace cairn::host
