// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/scan_report.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "json/line.h"
#include "output/bar_chart.h"
#include "output/text_columns.h"
#include "surveys/reports/survey_schema.h"

namespace cairn::output {
namespace {

using surveys::AttemptCounts;
using surveys::ScanCounting;
using surveys::ScanQuery;
using surveys::ScanReport;
using surveys::ScanRow;
using Json = json::Ordered;

constexpr std::array<TextColumn, 10> kScanColumns = {{{"COUNT", true},
                                                      {"CLIENT", false},
                                                      {"PORT", true},
                                                      {"REJECTS", true},
                                                      {"SILENTS", true},
                                                      {"SUCCESS", true},
                                                      {"DATA", true},
                                                      {"CONNECTIONS", true},
                                                      {"SERVERS", true},
                                                      {"UNKNOWN", true}}};

double Tenths(double value) { return std::round(value * 10) / 10; }

std::string CountText(const ScanRow& row, ScanCounting by) {
  const double count = row.Count(by);
  return by == ScanCounting::kUnknown ? fmt::format("{:.1f}", count) : fmt::format("{:.0f}", count);
}

// Which sets REJECTS to DATA are of, and what COUNT is.
std::string Explanation(const ScanQuery& query) {
  switch (query.by) {
    case ScanCounting::kConnections:
      return "COUNT: connections that failed, REJECTS + SILENTS; REJECTS to DATA: connections\n";
    case ScanCounting::kServers:
      return "COUNT: unique servers that failed, REJECTS + SILENTS (which may share some)\n"
             "REJECTS to DATA: unique servers\n";
    case ScanCounting::kUnknown:
      break;
  }
  return fmt::format(
      "COUNT: unique servers that failed, of weight {:g} where a server was known,\n"
      "times the share of servers that never accepted the client\n"
      "REJECTS to DATA: unique servers\n",
      query.known.weight);
}

Json ToJson(const AttemptCounts& counts) {
  return {{"rejects", counts.rejects},
          {"silents", counts.silents},
          {"success", counts.success},
          {"data", counts.data},
          {"count", counts.failed()}};
}

}  // namespace

std::string_view ScanCountingName(ScanCounting counting) {
  constexpr std::array<std::string_view, 3> kNames = {"connections", "servers", "unknown"};
  return kNames[static_cast<size_t>(counting)];
}

std::string ScanTable(const ScanReport& report, const ScanQuery& query, TerminalStyle style) {
  if (report.rows.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  bool about = false;
  for (const ScanRow& row : report.rows) {
    const bool servers = query.by != ScanCounting::kConnections;
    const AttemptCounts& counts = servers ? row.servers : row.connections;
    // Numbers of servers that are too low, because some found no room.
    const std::string mark = row.not_told_apart > 0 ? "~" : "";
    const std::string shown = servers ? mark : "";
    const auto number = [&shown](uint64_t n) { return fmt::format("{}{}", shown, n); };
    about = about || row.not_told_apart > 0;
    rows.push_back({shown + CountText(row, query.by), row.client.ToString(),
                    fmt::format("{}", row.port), number(counts.rejects), number(counts.silents),
                    number(counts.success), number(counts.data),
                    CountText(row, ScanCounting::kConnections),
                    mark + CountText(row, ScanCounting::kServers),
                    mark + CountText(row, ScanCounting::kUnknown)});
  }
  std::string notes = Explanation(query);
  if (about) notes += "~: at least this many; there was no room for all servers\n";
  if (report.more > 0) notes += fmt::format("{} more; --limit N lists N\n", report.more);
  return AlignedText(kScanColumns, rows, style) + Coloured(style, kDim, notes);
}

std::string ScanCsv(const ScanReport& report) {
  std::string text =
      "client,port,unknown,connections_rejects,connections_silents,connections_success,"
      "connections_data,connections_count,servers_rejects,servers_silents,servers_success,"
      "servers_data,servers_count,unique_servers,unknown_failed,known_failed,not_told_apart\r\n";
  for (const ScanRow& row : report.rows) {
    const AttemptCounts& c = row.connections;
    const AttemptCounts& s = row.servers;
    fmt::format_to(
        std::back_inserter(text), "{},{},{:.1f},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        row.client.ToString(), row.port, row.unknown_count, c.rejects, c.silents, c.success, c.data,
        c.failed(), s.rejects, s.silents, s.success, s.data, s.failed(), row.unique_servers,
        row.unknown_failed, row.known_failed, row.not_told_apart);
  }
  return text;
}

std::string ScanJson(const ScanReport& report) {
  std::string text;
  for (const ScanRow& row : report.rows) {
    const Json json = {{"schema", kSurveySchema},
                       {"event", "scan"},
                       {"client", row.client.ToString()},
                       {"port", row.port},
                       {"unknown", Tenths(row.unknown_count)},
                       {"connections", ToJson(row.connections)},
                       {"servers", ToJson(row.servers)},
                       {"unique_servers", row.unique_servers},
                       {"unknown_failed", row.unknown_failed},
                       {"known_failed", row.known_failed},
                       {"not_told_apart", row.not_told_apart}};
    text += json::Line(json);
  }
  return text;
}

std::string ScanChart(const ScanReport& report, const ScanQuery& query) {
  BarPanel panel;
  panel.title = "failures by " + std::string(ScanCountingName(query.by));
  panel.y_label = query.by == ScanCounting::kConnections ? "connections" : "servers";
  panel.name_all_below = true;
  for (const ScanRow& row : report.rows) {
    panel.bars.push_back({.name = fmt::format("{}, {}", row.client.ToString(), row.port),
                          .height = static_cast<uint64_t>(std::llround(row.Count(query.by)))});
  }
  return DrawBarChart({.title = "Clients and server ports with most failures",
                       .panels = {std::move(panel)},
                       .columns = 1,
                       .panel_width = 860,
                       .panel_height = 420});
}

}  // namespace cairn::output
