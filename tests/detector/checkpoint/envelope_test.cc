// SPDX-License-Identifier: BSD-3-Clause
#include "detector/checkpoint/envelope.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn::checkpoint {
namespace {

const std::string kBody = "what a detector knows";

std::string FaultOf(std::string_view sealed) {
  const absl::StatusOr<std::string_view> body = Unseal(sealed);
  return body.ok() ? "" : std::string(body.status().message());
}
bool Says(std::string_view fault, std::string_view words) {
  return fault.find(words) != std::string_view::npos;
}

TEST_CASE("What was sealed is given back") {
  const std::string sealed = Seal(kBody);
  CHECK(Unseal(sealed).value() == kBody);
  CHECK(Unseal(Seal("")).value().empty());
}

TEST_CASE("A file that was cut off anywhere is refused, and says so") {
  const std::string sealed = Seal(kBody);
  for (size_t length = 1; length < sealed.size(); ++length) {
    CHECK(Says(FaultOf(std::string_view(sealed).substr(0, length)), "cut off; remove it"));
  }
}

TEST_CASE("A file with any bit changed, or with more at its end, is refused") {
  const std::string sealed = Seal(kBody);
  for (size_t i = 0; i < sealed.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = sealed;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ 1U << bit);
      CHECK(!FaultOf(damaged).empty());
    }
  }
  CHECK(Says(FaultOf(sealed + "x"), "damaged"));
}

TEST_CASE("Another version is named, and what to do") {
  std::string sealed = Seal(kBody);
  sealed[kMagic.size()] = 2;
  CHECK(Says(FaultOf(sealed), "a newer version of cairn (format 2, this one reads 1)"));
  sealed[kMagic.size()] = 0;
  CHECK(Says(FaultOf(sealed), "an older version of cairn (format 0"));
}

TEST_CASE("A file of something else is not called damaged") {
  CHECK(FaultOf("{\"event\":1}") == "it holds no state of cairn; name another file");
  CHECK(FaultOf("") == "it holds no state of cairn; name another file");
}

}  // namespace
}  // namespace cairn::checkpoint
