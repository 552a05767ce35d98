// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_REPORTS_SCAN_REPORT_H_
#define CAIRN_SURVEYS_REPORTS_SCAN_REPORT_H_

#include <string>
#include <string_view>

#include "output/terminal.h"
#include "surveys/scan_survey.h"

// Scanning clients, for people and programs (docs/sessions-surveys.md).  Thread-safe, linear in the
// rows, the same bytes for the same rows.
namespace cairn::output {

std::string_view ScanCountingName(surveys::ScanCounting counting);  // "connections", ...

// In the columns of the report's tables 3 to 5, then the other countings:
//
//   COUNT CLIENT     PORT REJECTS SILENTS SUCCESS DATA CONNECTIONS SERVERS UNKNOWN
//   40949 172.16.9.7  554   12372   28577      38   33       40949   40949 40911.4
//
// The columns from REJECTS to DATA are those of the counting that the rows are ordered by.  Empty
// for no row.
std::string ScanTable(const surveys::ScanReport& report, const surveys::ScanQuery& query,
                      TerminalStyle style);
// A row a line, RFC 4180, with a header.
std::string ScanCsv(const surveys::ScanReport& report);
// One object a line: "event": "scan".
std::string ScanJson(const surveys::ScanReport& report);
// One SVG document: the counts as bars.
std::string ScanChart(const surveys::ScanReport& report, const surveys::ScanQuery& query);

}  // namespace cairn::output

#endif  // CAIRN_SURVEYS_REPORTS_SCAN_REPORT_H_
