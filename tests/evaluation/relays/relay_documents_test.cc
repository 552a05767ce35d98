// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/relays/relay_documents.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::evaluation {
namespace {

std::vector<RelayPoint> Points() {
  const RelayMethod published{.name = "published A=1000 L=100",
                              .published = true,
                              .terms = 1000,
                              .slot_ms = 100,
                              .sums = 128};
  const RelayMethod adaptive{
      .name = "adaptive 300 s, any pair", .slot_ms = 100, .sums = 128, .seconds = 300};
  std::vector<RelayPoint> points;
  points.push_back({.figure = "table1",
                    .traffic = {},
                    .method = published,
                    .reported = {3, 12},
                    .seconds = 21.5,
                    .paper = 0.1257});
  for (const std::string figure : {"fig3", "fig5"}) {
    for (const int64_t delay_ms : {0, 500}) {
      for (const RelayMethod& method : {published, adaptive}) {
        RelayPoint point{.figure = figure, .traffic = {}, .method = method, .reported = {9, 10}};
        point.traffic.relays = figure == "fig3" ? 1 : 4;
        point.traffic.mean_delay = PacketDelta::FromMilliseconds(delay_ms);
        points.push_back(point);
      }
    }
  }
  return points;
}

std::string TextOf(const std::vector<RelayDocument>& documents, const std::string& name) {
  for (const RelayDocument& document : documents) {
    if (document.name == name) return document.text;
  }
  FAIL("there is no " << name);
  return {};
}

TEST_CASE("Each table and figure has its points, each figure its curves") {
  const std::vector<RelayDocument> documents = RelayDocuments(Points());
  REQUIRE(documents.size() == 5);
  CHECK(TextOf(documents, "table1.csv")
            .find("\ntable1,web,\"published A=1000 L=100\",100,1000,128,0,"
                  "0,0,0,0,12,3,0.2500,") != std::string::npos);
  CHECK(TextOf(documents, "table1.csv").find(",0.1257,21.5\n") != std::string::npos);
  for (const std::string name : {"fig3", "fig5"}) {
    const std::string csv = TextOf(documents, name + ".csv");
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 5);
    CHECK(TextOf(documents, name + ".svg").find("<svg") != std::string::npos);
  }
  CHECK(TextOf(documents, "fig5.svg").find("F = 4") != std::string::npos);
}

TEST_CASE("The tables set what was measured beside what the paper says") {
  const std::string text = RelayTables(Points());
  CHECK(text.find("0.126") != std::string::npos);
  CHECK(text.find("0.250") != std::string::npos);
  CHECK(text.find("500 ms") != std::string::npos);
  CHECK(text.find("web, F = 4") != std::string::npos);
}

TEST_CASE("Without points there are no documents") { CHECK(RelayDocuments({}).empty()); }

}  // namespace
}  // namespace cairn::evaluation
