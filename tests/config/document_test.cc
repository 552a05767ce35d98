// SPDX-License-Identifier: BSD-3-Clause
#include "config/keys/document.h"

#include <string>

#include "catch2/catch.hpp"
#include "fmt/format.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;

Node Parse(std::string_view text) {
  Problems problems("doc");
  Node node = ParseDocument(text, problems);
  INFO(problems.ToStatus().ToString());
  REQUIRE(problems.empty());
  return node;
}

std::string DocumentFault(std::string_view text) {
  Problems problems("doc");
  ParseDocument(text, problems);
  REQUIRE_FALSE(problems.empty());
  return std::string(problems.ToStatus().message());
}

TEST_CASE("a document keeps the order and the positions of what is written") {
  const Node root = Parse("a: 1\nb:\n  - x\n  - {c: y}\n");
  REQUIRE(root.IsMap());
  REQUIRE(root.items.size() == 2);
  CHECK(root.items[0].key == "a");
  CHECK(root.items[0].key_mark == Mark{1, 1});
  CHECK(root.items[0].mark == Mark{1, 4});
  REQUIRE(root.items[1].IsSequence());
  CHECK(root.items[1].items[0].text == "x");
  CHECK(root.items[1].items[0].mark == Mark{3, 5});
  CHECK(root.items[1].items[1].items[0].key == "c");
}

TEST_CASE("a text without a document is a null node") {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "\xef\xbb\xbf", "~"}) {
    CHECK(Parse(text).IsNull());
  }
}

TEST_CASE("a quoted null is a text") {
  CHECK(Parse("a: \"~\"").items[0].IsScalar());
  CHECK(Parse("a: ~").items[0].IsNull());
}

TEST_CASE("a missing value stands where its key is") {
  CHECK(Parse("a: 1\nb:\n\n\nc: 2\n").items[1].mark == Mark{2, 1});
}

TEST_CASE("an alias repeats what its anchor marks, under its own key") {
  const Node root = Parse("a: &nets [x, y]\nb: *nets\n");
  REQUIRE(root.items[1].items.size() == 2);
  CHECK(root.items[1].key == "b");
  CHECK(root.items[1].items[1].text == "y");
}

TEST_CASE("what is no YAML is told with its position") {
  CHECK_THAT(DocumentFault("a: [1\nb: 2\n"), Contains("not valid YAML"));
  CHECK_THAT(DocumentFault("a: 1\n  b: 2\n"), Contains("doc:2:"));
  CHECK_THAT(DocumentFault("a: \"open"), Contains("not valid YAML"));
  CHECK_THAT(DocumentFault("a: *nowhere"), Contains("doc:1:4:"));
}

TEST_CASE("what has no meaning in a configuration is refused") {
  CHECK_THAT(DocumentFault("a: 1\n---\nb: 2\n"), Contains("a second document"));
  CHECK_THAT(DocumentFault("a: !!binary x"), Contains("tags"));
  CHECK_THAT(DocumentFault("[a, b]: 1"), Contains("a key must be a plain word"));
  CHECK_THAT(DocumentFault("a: &loop [*loop]"), Contains("doc:1:"));
}

TEST_CASE("bytes that are no text are refused before they are parsed") {
  for (const std::string& bytes :
       {std::string("a: \xff"), std::string("a: \xc0\xaf"), std::string("a: \xed\xa0\x80"),
        std::string("a: \xf5\x80\x80\x80"), std::string("a: \x01"), std::string("a: \0", 4),
        std::string("a: \xe2\x80"), std::string("a: \xc2\x85")}) {
    CHECK_THAT(DocumentFault(bytes), Contains("doc:1:4: a byte that is not UTF-8 text"));
  }
  CHECK(Parse("a: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80").items[0].text.size() == 9);
}

TEST_CASE("a text beyond the size limit is refused") {
  CHECK_THAT(DocumentFault(std::string(kMaxTextBytes + 1, ' ')), Contains("larger than"));
}

TEST_CASE("nesting beyond the limit is refused, however it is written") {
  std::string flow(kMaxDepth, '[');
  flow += std::string(kMaxDepth, ']');
  CHECK(Parse(flow).IsSequence());
  CHECK_THAT(DocumentFault("[" + flow + "]"), Contains("nested deeper than"));
  CHECK_THAT(DocumentFault(std::string(100000, '[')), Contains("nested deeper than"));
  std::string block;
  for (int i = 0; i < 20; ++i) block += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  CHECK_THAT(DocumentFault(block), Contains("nested deeper than"));
  // Each alias wraps the one before.
  std::string wrapped = "- &a0 x\n";
  for (int i = 1; i < 20; ++i) wrapped += fmt::format("- &a{} [*a{}]\n", i, i - 1);
  CHECK_THAT(DocumentFault(wrapped), Contains("nested deeper than"));
}

TEST_CASE("a few lines of aliases cannot unfold without bound") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
                        i - 1);
  }
  CHECK_THAT(DocumentFault(bomb), Contains("aliases counted as often as they are used"));
}

TEST_CASE("values beyond the limit are refused") {
  std::string many = "[";
  for (size_t i = 0; i < kMaxNodes; ++i) many += "1,";
  CHECK_THAT(DocumentFault(many + "]"), Contains("more than 100000 values"));
}

}  // namespace
}  // namespace cairn::config
