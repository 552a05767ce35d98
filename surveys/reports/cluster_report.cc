// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/cluster_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>
#include <string_view>
#include <utility>

#include "fmt/format.h"

#include "output/bar_chart.h"
#include "output/text_columns.h"
#include "surveys/reports/fitted_table.h"

namespace cairn::output {
namespace {

using surveys::ClusterScope;
using surveys::Field;
using surveys::FieldColumn;
using surveys::FieldValue;
using surveys::Relation;
using surveys::ValueRange;

constexpr std::array<TextColumn, 7> kClusterColumns = {{{"IF", false},
                                                        {"", false},
                                                        {"THEN", false},
                                                        {"SHARE", true},
                                                        {"SESSIONS", false},
                                                        {"OF ALL", true},
                                                        {"NATS", true}}};
constexpr size_t kBarColumns = 40;
constexpr size_t kAroundValues = 11;  // the indent, the count and the spaces of a line with a bar
constexpr size_t kIf = 0;             // places in kClusterColumns
constexpr size_t kThen = 2;

// Files hold any text; a terminal or a row of CSV cannot.
std::string Shown(const FieldValue& value) {
  std::string text = value.ToString();
  for (char& c : text) {
    if (c < ' ' || c > '~' || c == ',' || c == '"') c = '?';
  }
  return text;
}

std::string RangeText(const FieldColumn& column, const ValueRange& range) {
  const std::string first = Shown(column.values[range.first]);
  return range.first == range.last
             ? first
             : fmt::format("{} to {}", first, Shown(column.values[range.last]));
}

// Full only where nothing is missing.
std::string Percent(double share) {
  return fmt::format("{:.0f} %", share < 1 ? std::min(std::round(share * 100), 99.0) : 100.0);
}

double ShareOfAll(const Relation& relation, const ClusterReport& report) {
  return static_cast<double>(relation.holders) / static_cast<double>(report.fields.sessions);
}

bool Varies(const FieldColumn& column) {
  return column.values.size() > 1 && !column.same_as.has_value();
}

std::string ConstantText(const ClusterReport& report, size_t width) {
  std::string same;
  std::string equal;
  for (const FieldColumn& column : report.fields.columns) {
    if (column.values.size() == 1) {
      same += fmt::format("{}{} {}", same.empty() ? "" : ", ", FieldName(column.field),
                          Shown(column.values[0]));
    } else if (column.same_as.has_value()) {
      equal += fmt::format("{}{} as {}", equal.empty() ? "" : ", ", FieldName(column.field),
                           FieldName(*column.same_as));
    }
  }
  std::string text;
  if (!same.empty()) text += Wrapped("The same in all: " + same, width);
  if (!equal.empty()) text += Wrapped("In each session the same: " + equal, width);
  return text;
}

std::string ValuesText(const FieldColumn& column, size_t most, TerminalStyle style) {
  const std::vector<size_t> places = MostFrequent(column, most);
  const uint64_t highest = column.counts[places.front()];
  if (highest == 1) {
    return fmt::format("{}: {} values, one session each\n", FieldName(column.field),
                       column.values.size());
  }
  size_t width = 0;
  for (const size_t place : places) width = std::max(width, Shown(column.values[place]).size());
  width = std::min(width, static_cast<size_t>(style.columns) - kBarColumns - kAroundValues);
  std::string text =
      Coloured(style, kDim,
               fmt::format("{}: {} values", FieldName(column.field), column.values.size())) +
      '\n';
  for (const size_t place : places) {
    const uint64_t count = column.counts[place];
    const auto bar =
        static_cast<size_t>(std::ceil(static_cast<double>(kBarColumns) *
                                      static_cast<double>(count) / static_cast<double>(highest)));
    text += fmt::format("  {:>{}} {:>7} {}\n", Cut(Shown(column.values[place]), width), width,
                        count, std::string(bar, '#'));
  }
  if (places.size() < column.values.size()) {
    text += fmt::format("  {} more; --values N lists N\n", column.values.size() - places.size());
  }
  return text;
}

// Both values of a relation give way, the longer one first.
void CutToFit(std::vector<std::vector<std::string>>& rows, TerminalStyle style) {
  const auto longest = [&rows](size_t place) {
    size_t width = kClusterColumns[place].heading.size();
    for (const std::vector<std::string>& row : rows) width = std::max(width, row[place].size());
    return width;
  };
  const size_t width = WidthOf(kClusterColumns, rows);
  const auto columns = static_cast<size_t>(style.columns);
  if (width <= columns) return;
  const size_t first = longest(kIf);
  const size_t second = longest(kThen);
  const size_t others = width - first - second;
  const size_t room = columns > others ? columns - others : 0;
  const size_t for_first = std::max(room / 2, room - std::min(room, second));
  const size_t for_second = room - std::min({room, for_first, first});
  for (std::vector<std::string>& row : rows) {
    row[kIf] = Cut(row[kIf], for_first);
    row[kThen] = Cut(row[kThen], for_second);
  }
}

std::string RelationsText(const ClusterReport& report, TerminalStyle style) {
  if (report.relations.empty()) return "No relation between fields was found.\n";
  std::vector<std::vector<std::string>> rows;
  for (const Relation& relation : report.relations) {
    rows.push_back({fmt::format("{} {}", FieldName(relation.if_field),
                                RangeText(report.fields[relation.if_field], relation.if_range)),
                    relation.both_ways ? "<->" : " ->",
                    fmt::format("{} {}", FieldName(relation.then_field),
                                RangeText(report.fields[relation.then_field], relation.then_range)),
                    Percent(relation.Share()),
                    fmt::format("{} of {}", relation.hits, relation.sessions),
                    Percent(ShareOfAll(relation, report)), fmt::format("{:.1f}", relation.nats)});
  }
  CutToFit(rows, style);
  std::string notes =
      "SHARE: of the sessions with the first value, how many have the second\n"
      "OF ALL: how many of all sessions have the first value\n"
      "<->: neither without the other\n"
      "NATS: e^-NATS bounds the chance of as many hits\n";
  if (report.more_relations > 0) {
    notes += fmt::format("{} more; --limit N lists N\n", report.more_relations);
  }
  return AlignedText(kClusterColumns, rows, style) + Coloured(style, kDim, notes);
}

}  // namespace

std::string ClusterReport::Title() const {
  const std::string host = scope.host.ToString();
  const std::string whose = scope.here == Side::kClient
                                ? fmt::format("{} to port {}", host, scope.port)
                                : fmt::format("to {}", Endpoint{scope.host, scope.port}.ToString());
  constexpr std::array<std::string_view, 3> kWhich = {" with data", " accepted", ""};
  return fmt::format("{}: {} session{}{}, of {}", whose, fields.sessions,
                     fields.sessions == 1 ? "" : "s", kWhich[static_cast<size_t>(scope.which)],
                     seen);
}

std::vector<size_t> MostFrequent(const FieldColumn& column, size_t most) {
  std::vector<size_t> places(column.values.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::stable_sort(places.begin(), places.end(),
                   [&column](size_t a, size_t b) { return column.counts[a] > column.counts[b]; });
  if (places.size() > most) places.resize(most);
  return places;
}

std::string ClusterTable(const ClusterReport& report, TerminalStyle style) {
  if (report.fields.sessions == 0) return {};
  std::string text =
      report.Title() + '\n' + ConstantText(report, static_cast<size_t>(style.columns));
  for (const FieldColumn& column : report.fields.columns) {
    if (Varies(column)) text += '\n' + ValuesText(column, report.most_values, style);
  }
  return text + '\n' + RelationsText(report, style);
}

std::string ClusterCsv(const ClusterReport& report) {
  std::string text =
      "kind,field,from,to,sessions,then_field,then_from,then_to,hits,share,share_of_all,both_ways,"
      "nats\r\n";
  for (const FieldColumn& column : report.fields.columns) {
    for (const size_t place : MostFrequent(column, report.most_values)) {
      const std::string value = Shown(column.values[place]);
      fmt::format_to(std::back_inserter(text), "value,{},{},{},{},,,,,,,,\r\n",
                     FieldName(column.field), value, value, column.counts[place]);
    }
  }
  for (const Relation& r : report.relations) {
    const FieldColumn& from = report.fields[r.if_field];
    const FieldColumn& then = report.fields[r.then_field];
    fmt::format_to(std::back_inserter(text),
                   "relation,{},{},{},{},{},{},{},{},{:.4f},{:.4f},{},{:.2f}\r\n",
                   FieldName(r.if_field), Shown(from.values[r.if_range.first]),
                   Shown(from.values[r.if_range.last]), r.sessions, FieldName(r.then_field),
                   Shown(then.values[r.then_range.first]), Shown(then.values[r.then_range.last]),
                   r.hits, r.Share(), ShareOfAll(r, report), r.both_ways, r.nats);
  }
  return text;
}

std::string ClusterChart(const ClusterReport& report) {
  BarChart chart;
  chart.title = report.Title();
  for (const FieldColumn& column : report.fields.columns) {
    if (!Varies(column)) continue;
    BarPanel panel;
    panel.title = FieldName(column.field);
    panel.x_label = fmt::format("{} values, a column each", column.values.size());
    panel.y_label = "sessions";
    for (size_t i = 0; i < column.values.size(); ++i) {
      panel.bars.push_back({.name = Shown(column.values[i]), .height = column.counts[i]});
    }
    chart.panels.push_back(std::move(panel));
  }
  return DrawBarChart(chart);
}

}  // namespace cairn::output
