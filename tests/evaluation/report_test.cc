// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/report.h"

#include "catch2/catch.hpp"

#include "evaluation/roc_svg.h"
#include "evaluation/text_table.h"
#include "nlohmann/json.hpp"
#include "tests/evaluation/sample_flows.h"

namespace cairn::evaluation {
namespace {

const ProtocolReport& SampleReport() {
  static const ProtocolReport report = [] {
    ProtocolOptions options;
    options.sessions = 40;
    options.durations = {PacketDelta::FromSeconds(30), PacketDelta::FromSeconds(60)};
    for (const char* name : {"clean", "delay-1s", "delay-2s"}) {
      options.conditions.push_back(Named(name));
    }
    return *RunProtocol(options);
  }();
  return report;
}

bool Holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Every element is closed, in the right order; enough of XML for what is written here.
bool IsWellFormed(const std::string& xml) {
  std::vector<std::string> open;
  size_t roots = 0;
  for (size_t i = 0; i < xml.size();) {
    if (xml[i] == '&' && xml.compare(i, 4, "&lt;") != 0 && xml.compare(i, 4, "&gt;") != 0 &&
        xml.compare(i, 5, "&amp;") != 0) {
      return false;
    }
    if (xml[i] != '<') {
      if (xml[i] == '>' || (open.empty() && xml[i] != '\n')) return false;
      ++i;
      continue;
    }
    const size_t end = xml.find('>', i);
    if (end == std::string::npos) return false;
    const std::string tag = xml.substr(i + 1, end - i - 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0 || Holds(tag, "<")) return false;
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag[0] == '/') {
      if (open.empty() || "/" + open.back() != tag) return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      roots += open.empty() ? 1U : 0U;
      open.push_back(name);
    }
    i = end + 1;
  }
  return open.empty() && roots == 1;
}

TEST_CASE("the check for well-formed XML can fail") {
  CHECK(IsWellFormed("<a><b c=\"d\"/>x &amp; y</a>\n"));
  CHECK_FALSE(IsWellFormed("<a><b></a></b>"));
  CHECK_FALSE(IsWellFormed("<a>x & y</a>"));
  CHECK_FALSE(IsWellFormed("<a b=\"c></a>"));
  CHECK_FALSE(IsWellFormed("<a></a><b></b>"));
}

TEST_CASE("there is a figure for each duration and group of conditions, well formed") {
  const std::vector<Figure> figures = DrawRocCurves(SampleReport());
  std::vector<std::string> names;
  for (const Figure& figure : figures) {
    names.push_back(figure.name);
    CHECK(IsWellFormed(figure.svg));
    CHECK(Holds(figure.svg, "false positive rate"));
    CHECK(Holds(figure.svg, "true positive rate"));
    CHECK(Holds(figure.svg, "prefers-color-scheme:dark"));
    CHECK(Holds(figure.svg, "1e-6"));
    for (const Method& method : SampleReport().methods) {
      CHECK(Holds(figure.svg, ">" + method.name + ": "));
    }
  }
  CHECK(names == std::vector<std::string>{"roc-plain-30s.svg", "roc-delay-30s.svg",
                                          "roc-plain-60s.svg", "roc-delay-60s.svg"});
  CHECK(Holds(figures[1].svg, ">delay-2s<"));
  CHECK_FALSE(Holds(figures[0].svg, ">delay-2s<"));
}

TEST_CASE("tables have a row for each condition and a column for each method") {
  const std::string text = FormatReport(SampleReport(), ProtocolFormat::kTable);
  CHECK(Holds(text, "40 true pairs, 1560 pairs of strangers and 12 look-alikes"));
  CHECK(Holds(text, "condition  classic"));
  CHECK(Holds(text, "\ndelay-2s "));
  CHECK(Holds(text, "\nmirrored-logs "));
  const std::string markdown = FormatReport(SampleReport(), ProtocolFormat::kMarkdown);
  CHECK(Holds(markdown, "| condition | classic | onset |"));
  CHECK(Holds(markdown, "| --- | --- |"));
  CHECK(Holds(markdown, "\n| delay-2s | "));
}

TEST_CASE("JSON holds every condition, duration and method with counts and intervals") {
  const nlohmann::json json =
      nlohmann::json::parse(FormatReport(SampleReport(), ProtocolFormat::kJson));
  CHECK(json["sessions"] == 40);
  REQUIRE(json["results"].size() == 6);
  const nlohmann::json& clean = json["results"][3];
  CHECK(clean["condition"] == "clean");
  CHECK(clean["duration_s"] == 60);
  CHECK(clean["strangers"] == 1560);
  REQUIRE(clean["methods"].size() == json["methods"].size());
  const nlohmann::json& onset = clean["methods"][1];
  CHECK(onset["method"] == "onset");
  REQUIRE(onset["points"].size() == 4);
  CHECK(onset["points"][0]["true_positives"]["trials"] == 40);
  CHECK(onset["points"][0]["true_positives"]["low"] <=
        onset["points"][0]["true_positives"]["share"]);
  CHECK(onset["points"][3]["threshold"].is_null());
  CHECK_FALSE(onset["points"][3].contains("true_positives"));
  CHECK(onset["alert_at"] == 20);
  CHECK(onset["at_own_threshold"]["by_look_alike"]["broadcast"]["trials"] == 2);
}

TEST_CASE("plain tables are aligned and end their lines without blanks") {
  const TextTable table{"Title", {"name", "x"}, {{"a", "1"}, {"longer", ""}}};
  CHECK(ToPlainText(table) == "Title\nname    x\na       1\nlonger\n");
  CHECK(ToMarkdown(table) ==
        "### Title\n\n| name | x |\n| --- | --- |\n| a | 1 |\n| longer |  |\n");
}

}  // namespace
}  // namespace cairn::evaluation
