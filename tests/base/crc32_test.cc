// SPDX-License-Identifier: BSD-3-Clause
#include "base/crc32.h"

#include "catch2/catch.hpp"

namespace cairn {
namespace {

TEST_CASE("The checksum is the CRC-32 that other programs compute, too") {
  CHECK(Crc32("123456789") == 0xcbf43926U);  // its published check value
  CHECK(Crc32("") == 0);
}

}  // namespace
}  // namespace cairn
