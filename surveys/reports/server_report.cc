// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/reports/server_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "base/time_text.h"
#include "json/line.h"
#include "output/bar_chart.h"
#include "output/text_columns.h"
#include "surveys/reports/fitted_table.h"
#include "surveys/reports/survey_schema.h"

namespace cairn::output {
namespace {

using surveys::ServerClient;
using surveys::ServerReport;
using surveys::ServerRow;
using Json = json::Ordered;

constexpr std::array<TextColumn, 10> kServerColumns = {{{"SERVER", false},
                                                        {"", false},
                                                        {"ACCEPTED", true},
                                                        {"FAILED", true},
                                                        {"CLIENTS", true},
                                                        {"FIRST (UTC)", false},
                                                        {"LAST", false},
                                                        {"RECEIVED", true},
                                                        {"SENT", true},
                                                        {"MOST FREQUENT", false}}};
constexpr size_t kFrequent = kServerColumns.size() - 1;
// In a narrow terminal: FIRST, RECEIVED, SENT, LAST, FAILED, MOST FREQUENT.
constexpr std::array<size_t, 6> kFirstToGo = {5, 7, 8, 6, 3, kFrequent};

std::string WhenText(PacketTime time) {
  return DateText(time).substr(5) + ' ' + ClockText(time).substr(0, 5);
}

double TransientShare(const ServerRow& row) {
  return row.accepted == 0 ? 0
                           : static_cast<double>(row.transient) / static_cast<double>(row.accepted);
}

// The most frequent clients, as many as fit, but the first in any case.
std::string FrequentText(const ServerRow& row, size_t columns) {
  std::string text;
  for (const ServerClient& client : row.frequent) {
    const std::string next = fmt::format("{}{} ({})", text.empty() ? "" : ", ",
                                         client.client.ToString(), client.sessions);
    if (!text.empty() && text.size() + next.size() > columns) break;
    text += next;
  }
  return text;
}

}  // namespace

std::string ServerTable(const ServerReport& report, TerminalStyle style) {
  if (report.rows.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  bool about = false;
  bool transient = false;
  for (const ServerRow& row : report.rows) {
    const bool is_transient = 2 * row.transient > row.accepted;
    about = about || row.not_told_apart > 0;
    transient = transient || is_transient;
    rows.push_back({row.server.ToString(), is_transient ? "t" : "", fmt::format("{}", row.accepted),
                    fmt::format("{}", row.failed),
                    fmt::format("{}{}", row.not_told_apart > 0 ? "~" : "", row.clients),
                    WhenText(row.first), WhenText(row.last), ShortBytes(row.client_bytes),
                    ShortBytes(row.server_bytes), FrequentText(row, 0)});
  }
  // More clients only where all columns have room.
  const size_t width = WidthOf(kServerColumns, rows);
  const auto columns = static_cast<size_t>(style.columns);
  if (width < columns) {
    size_t room = kServerColumns[kFrequent].heading.size();
    for (const std::vector<std::string>& row : rows) room = std::max(room, row[kFrequent].size());
    room += columns - width;
    for (size_t i = 0; i < rows.size(); ++i)
      rows[i][kFrequent] = FrequentText(report.rows[i], room);
  }
  std::string notes;
  if (transient) notes += "t: most of its sessions were of a server for one session\n";
  if (about) notes += "~: at least this many; there was no room for all clients\n";
  if (report.more > 0) notes += fmt::format("{} more; --limit N lists N\n", report.more);
  return FittedText({kServerColumns.begin(), kServerColumns.end()}, std::move(rows), kFirstToGo,
                    style) +
         (notes.empty() ? "" : Coloured(style, kDim, notes));
}

std::string ServerCsv(const ServerReport& report) {
  std::string text =
      "ip,port,accepted,failed,clients,first,last,client_bytes,server_bytes,transient_share,"
      "frequent_clients,not_told_apart\r\n";
  for (const ServerRow& row : report.rows) {
    std::string frequent;
    for (const ServerClient& client : row.frequent) {
      frequent += fmt::format("{}{} {}", frequent.empty() ? "" : ";", client.client.ToString(),
                              client.sessions);
    }
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{},{},{:.3f},{},{}\r\n",
                   row.server.ip.ToString(), row.server.port, row.accepted, row.failed, row.clients,
                   Rfc3339(row.first), Rfc3339(row.last), row.client_bytes, row.server_bytes,
                   TransientShare(row), frequent, row.not_told_apart);
  }
  return text;
}

std::string ServerJson(const ServerReport& report) {
  std::string text;
  for (const ServerRow& row : report.rows) {
    Json frequent = Json::array();
    for (const ServerClient& client : row.frequent) {
      frequent.push_back({{"client", client.client.ToString()}, {"sessions", client.sessions}});
    }
    const Json json = {{"schema", kSurveySchema},
                       {"event", "server"},
                       {"ip", row.server.ip.ToString()},
                       {"port", row.server.port},
                       {"accepted", row.accepted},
                       {"failed", row.failed},
                       {"clients", row.clients},
                       {"first", Rfc3339(row.first)},
                       {"last", Rfc3339(row.last)},
                       {"client_bytes", row.client_bytes},
                       {"server_bytes", row.server_bytes},
                       {"transient_share", std::round(TransientShare(row) * 1000) / 1000},
                       {"frequent_clients", std::move(frequent)},
                       {"not_told_apart", row.not_told_apart}};
    text += json::Line(json);
  }
  return text;
}

std::string ServerChart(const ServerReport& report) {
  BarPanel panel;
  panel.y_label = "sessions";
  panel.name_all_below = true;
  for (const ServerRow& row : report.rows) {
    panel.bars.push_back({.name = row.server.ToString(), .height = row.accepted});
  }
  return DrawBarChart({.title = "Servers with most accepted sessions",
                       .panels = {std::move(panel)},
                       .columns = 1,
                       .panel_width = 860,
                       .panel_height = 420});
}

}  // namespace cairn::output
