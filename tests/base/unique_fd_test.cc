// SPDX-License-Identifier: BSD-3-Clause
#include "base/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "catch2/catch.hpp"

namespace cairn {
namespace {

bool IsOpen(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

UniqueFd OpenNull() { return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC)); }

TEST_CASE("a descriptor is closed at the end of its owner") {
  int number = -1;
  {
    const UniqueFd owner = OpenNull();
    REQUIRE(owner.is_open());
    number = owner.get();
    CHECK(IsOpen(number));
  }
  CHECK_FALSE(IsOpen(number));
}

TEST_CASE("an owner of none does nothing, whatever negative number it got") {
  UniqueFd none;
  CHECK_FALSE(none.is_open());
  CHECK(none.Close() == 0);
  CHECK_FALSE(UniqueFd(open("/no/such/file", O_RDONLY | O_CLOEXEC)).is_open());
}

TEST_CASE("moving hands the descriptor over, and closes what was held before") {
  UniqueFd first = OpenNull();
  const int number = first.get();
  UniqueFd second(std::move(first));
  CHECK(second.get() == number);
  UniqueFd third = OpenNull();
  const int replaced = third.get();
  third = std::move(second);
  CHECK(third.get() == number);
  CHECK(IsOpen(number));
  CHECK_FALSE(IsOpen(replaced));
}

TEST_CASE("what is released stays open") {
  int number = -1;
  {
    UniqueFd owner = OpenNull();
    number = owner.Release();
    CHECK_FALSE(owner.is_open());
  }
  CHECK(IsOpen(number));
  CHECK(close(number) == 0);
}

TEST_CASE("closing tells the error, and an end by itself leaves errno alone") {
  // The number is of nothing any more.
  UniqueFd bad(OpenNull().get());
  CHECK(bad.Close() == EBADF);
  CHECK_FALSE(bad.is_open());
  errno = ENOENT;
  { const UniqueFd gone(OpenNull().get()); }
  CHECK(errno == ENOENT);
}

}  // namespace
}  // namespace cairn
