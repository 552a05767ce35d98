// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/alert_search.h"

#include <string>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"
#include "fmt/format.h"

#include "tests/surveys/sample_sessions.h"

namespace cairn::surveys {
namespace {

SessionRecord Naming(std::vector<std::string> ids, int64_t at = 0) {
  SessionRecord session = Accepted(Ip("172.16.4.2"), Ip("10.0.0.15"), 22, After(at));
  session.alerts = std::move(ids);
  return session;
}

std::vector<std::string> Found(const AlertSearch& search) {
  std::vector<std::string> ids;
  for (const auto& [id, sessions] : search.found()) ids.push_back(id);
  return ids;
}

TEST_CASE("The beginning of an id finds all ids that begin so, and no chain") {
  AlertSearch search("5f0");
  search.Add(Naming({"5f0c000000000000", "c-5f0c000000000000"}, 9));
  search.Add(Naming({"5f0c000000000000", "5f01000000000000", "ff5f000000000000"}, 4));
  CHECK(Found(search) == std::vector<std::string>{"5f01000000000000", "5f0c000000000000"});
  CHECK(search.found().at("5f0c000000000000").count() == 2);
  CHECK(search.found().at("5f0c000000000000").first() == After(4));
  CHECK(search.more() == 0);
}

TEST_CASE("A chain has the names of those that were merged with it, over any number of steps") {
  AlertSearch search("c-a");
  search.Add(Naming({"c-a", "0"}));
  search.Add(Naming({"c-a", "c-b"}));
  search.Add(Naming({"c-b", "c-c"}));
  search.Add(Naming({"c-d"}));
  CHECK(Found(search) == std::vector<std::string>{"c-a"});
  CHECK(search.NamesOf("c-a") == std::vector<std::string>{"c-a", "c-b", "c-c"});
  CHECK(search.NamesOf("c-d") == std::vector<std::string>{"c-d"});
}

TEST_CASE("What is kept of ids that begin alike is bounded, and the rest counted") {
  AlertSearch search("0");
  for (size_t i = 0; i < AlertSearch::kMostIds + 5; ++i) {
    search.Add(Naming({fmt::format("{:016x}", i)}));
  }
  CHECK(search.found().size() == AlertSearch::kMostIds);
  CHECK(search.more() == 5);
}

}  // namespace
}  // namespace cairn::surveys
