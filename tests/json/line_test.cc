// SPDX-License-Identifier: BSD-3-Clause
#include "json/line.h"

#include "catch2/catch.hpp"

namespace cairn::json {
namespace {

TEST_CASE("a line has the keys in the order in which they were added, and one line feed") {
  Ordered json = {{"z", 1}};
  json["a"] = {{"list", {1, 2}}, {"nothing", nullptr}};
  CHECK(Line(json) == "{\"z\":1,\"a\":{\"list\":[1,2],\"nothing\":null}}\n");
}

TEST_CASE("a line repairs text that is no UTF-8, and escapes line feeds") {
  CHECK(Line({{"text", "a\xff\n"}}) == "{\"text\":\"a\xef\xbf\xbd\\n\"}\n");
}

}  // namespace
}  // namespace cairn::json
